import { isInstance, startStackAt } from './errors.ts';

// Errors that the library made away from any user code, and will throw into user code.
const unplaced = new WeakSet<Error>();

/** Marks an error whose stack is to begin where the error is thrown into user code: see {@link place}. */
export function unplacedError<E extends Error>(error: E): E {
  unplaced.add(error);
  return error;
}

/**
 * Returns the error. If it is marked, its stack now begins at the line that called `entry`; any other stack tells more, and
 * stays.
 */
export function place(error: unknown, entry: unknown): unknown {
  if (isInstance(error, Error) && unplaced.delete(error)) {
    startStackAt(error, entry);
  }
  return error;
}

/** A line of user code. */
export interface Line {
  readonly stack?: string;
}

interface Tracing {
  stackTraceLimit?: number;
  captureStackTrace?: (target: Line, entry: unknown) => void;
}

// The parts of `Error` that V8 and other engines have, and the types of the language do not.
const tracing = Error as Tracing;

/** The line at which `entry` was called, and no more: a whole stack would hold what stood in its frames. */
export function lineOf(entry: unknown): Line {
  return capture({}, entry, 1);
}

/**
 * Makes the stack of `error` begin with `line`, and go on with the first frame that is not of this library. `entry` must be on
 * the stack here.
 */
export function beginStackAt<E extends Error>(error: E, line: Line | undefined, entry: unknown): E {
  const { head, frames } = partsOf(capture(error, entry, Infinity));
  const own = folderOf(partsOf(new Error()).frames[0] ?? '');
  const first = frames.findIndex((frame) => !isBelow(frame, own));
  const users = first < 0 ? [] : frames.slice(first, first + MOST_FRAMES);
  const begin = line === undefined ? [] : partsOf(line).frames;
  error.stack = [head, ...begin, ...(begin.length === 0 && first < 0 ? frames : users)].join('\n');
  return error;
}

const MOST_FRAMES = 10;

function capture<T extends Line>(target: T, entry: unknown, limit: number): T {
  const { stackTraceLimit } = tracing;
  if (stackTraceLimit !== undefined) {
    tracing.stackTraceLimit = limit;
  }
  tracing.captureStackTrace?.(target, entry);
  if (stackTraceLimit !== undefined) {
    tracing.stackTraceLimit = stackTraceLimit;
  }
  return target;
}

function partsOf({ stack = '' }: Line): { readonly head: string; readonly frames: readonly string[] } {
  const lines = stack.split('\n');
  const begin = lines.findIndex((line) => FRAME.test(line));
  return begin < 0
    ? { head: stack, frames: [] }
    : { head: lines.slice(0, begin).join('\n'), frames: lines.slice(begin) };
}

const FRAME = /^\s+at |^[^\s@]*@/;

/**
 * The folder of the library's files. In a bundle, all code is in that folder, so either every frame counts as user code or none
 * does.
 */
function folderOf(frame: string): string {
  // A frame has a URL, or a path as the system writes it.
  return /([^\s(@]*[\\/])[^\\/]*:\d+:\d+\)?$/.exec(frame)?.[1]?.replace(/execution[\\/]$/, '') ?? '';
}

function isBelow(frame: string, own: string): boolean {
  return (own !== '' && frame.includes(own)) || /[\\/]rxjs[\\/]|\(<anonymous>\)$/.test(frame);
}
