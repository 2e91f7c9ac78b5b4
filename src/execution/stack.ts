import { startStackAt } from './errors.ts';

// Errors that the library has made far from any code of a user, to be thrown into such code.
const unplaced = new WeakSet<Error>();

/** Its stack shall begin where it is thrown into somebody's code: see {@link place}. */
export function unplacedError<E extends Error>(error: E): E {
  unplaced.add(error);
  return error;
}

/** Throws an error to whoever called `entry`, from whose line the stack begins, unless it has one that tells more. */
export function place(error: unknown, entry: unknown): unknown {
  if (error instanceof Error && unplaced.delete(error)) {
    startStackAt(error, entry);
  }
  return error;
}

/** A line of somebody's code. */
export interface Line {
  readonly stack?: string;
}

interface Tracing {
  stackTraceLimit?: number;
  captureStackTrace?: (target: Line, entry: unknown) => void;
}

// What V8 and others have, which the types of the language do not know.
const tracing = Error as Tracing;

/** The line at which `entry` was called, and no more: a whole stack would hold what stood in its frames. */
export function lineOf(entry: unknown): Line {
  return capture({}, entry, 1);
}

/**
 * Lets the stack of `error` begin with `line`, and go on with the first frame that is none of this library; `entry` is on the
 * stack here.
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

/** The folder of the library's files; in a bundle that is the one of all files, and then every frame is a user's or none. */
function folderOf(frame: string): string {
  return /([^\s(@]*\/)[^/]*:\d+:\d+\)?$/.exec(frame)?.[1]?.replace(/execution\/$/, '') ?? '';
}

function isBelow(frame: string, own: string): boolean {
  return (own !== '' && frame.includes(own)) || /\/rxjs\/|\(<anonymous>\)$/.test(frame);
}
