import { quote, startStackAt } from '../execution/errors.ts';

const marks = new WeakMap<object, readonly object[]>();

/**
 * Marks objects to be moved to the other thread instead of being copied, when `value` is an argument of a call in a thread, or
 * is returned or emitted there. Returns `value`.
 *
 * The objects in `list` are moved; without `list`, the value itself, or the buffer behind a typed array. After that they are
 * gone from this side: a buffer is empty, a port is closed. So such a call runs only once. Shared memory, a
 * `SharedArrayBuffer`, needs no mark. Throws a `TypeError` at once for a value that can never be moved.
 *
 * @example
 * ```ts
 * import { threads, transfer } from 'async-tamer/threads';
 *
 * const url = 'data:text/javascript,export const size = (bytes) => bytes.length';
 * await using work = threads<{ size(bytes: Uint8Array): number }>(url);
 * const bytes = new Uint8Array(1000);
 * console.log(await work.size(transfer(bytes)), bytes.length);
 * // => 1000 0
 * ```
 */
export function transfer<T extends object>(value: T, list?: readonly object[]): T {
  const moved: unknown = list ?? [ArrayBuffer.isView(value) ? value.buffer : value];
  const wrong = [value, moved, ...listOf(moved)].filter((each) => !isObject(each));
  if (wrong.length > 0 || !Array.isArray(moved)) {
    const got = quote(wrong.length > 0 ? wrong[0] : moved);
    const what = `transfer() takes an object and an array of objects, but got ${got}.`;
    const error = new TypeError(`${what} Write: transfer(bytes), or transfer(value, [bytes.buffer]).`);
    throw startStackAt(error, transfer);
  }
  const fixed = (moved as readonly object[]).find(isFixed);
  if (fixed !== undefined) {
    const what = `transfer() moves a buffer, a port or a stream, but got ${quote(fixed)}.`;
    const error = new TypeError(`${what} Write: transfer(bytes), or transfer(value, [bytes.buffer]).`);
    throw startStackAt(error, transfer);
  }
  marks.set(value, moved as readonly object[]);
  return value;
}

/** Whether it can never be moved: it is plain data, and can only be copied. */
function isFixed(value: unknown): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || PLAIN.some((each) => prototype === each.prototype);
}

const PLAIN = [Object, Array, Map, Set, Date, RegExp, Error, Promise];

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Names one of several values in an error. */
export type Label = (index: number) => string;

/** Names the arguments of a function in errors. */
export function argumentOf(name: string): Label {
  return (index) => `Argument ${index + 1} of "${name}"`;
}

/**
 * The objects to be moved with these values, each of them once. Throws if one has been moved before: Node 20 would lose it. And it
 * throws for an object such as a signal or a URL, which Node copies without a word as an object that is empty.
 */
export function movedWith(values: readonly unknown[], label: Label): object[] {
  if (values.every(isPrimitive)) {
    return []; // Most calls end here: compiling the rest would take longer than thousands of them do.
  }
  for (const [index, value] of values.entries()) {
    const found = losing(value, 2);
    if (found !== undefined) {
      const what = refused(label(index), found);
      throw new TypeError(`${what}, of which nothing would arrive. ${adviceFor(found.value)}`);
    }
  }
  const all = values.map((value) => (isObject(value) ? (marks.get(value) ?? []) : []));
  const index = all.findIndex((list) => list.some(isDetached));
  if (index !== -1) {
    throw new TypeError(`${label(index)} cannot be sent to another thread: ${MOVED}`);
  }
  return [...new Set(all.flat())];
}

const MOVED = 'it has been moved to one before. Make a new buffer for each call, or do without transfer().';

/** The error that names the argument that cannot be sent, after sending has failed with `error`. */
export function refusal(
  name: string,
  args: readonly unknown[],
  moved: readonly object[],
  error: unknown,
): TypeError {
  const reason = uncloneable(args, moved, argumentOf(name), error);
  const message = error instanceof Error ? error.message : String(error);
  const words = message.replace(/\.$/, '');
  return new TypeError(reason ?? `The arguments of "${name}" cannot be sent to another thread: ${words}.`, {
    cause: error,
  });
}

/**
 * Why these values cannot be sent, in words: which one, where in it, and what is there. Undefined if all can be sent, so that
 * the error has another reason. `moved` is what is sent without being cloned.
 */
export function uncloneable(
  values: readonly unknown[],
  moved: readonly object[],
  label: Label,
  error: unknown,
): string | undefined {
  if (isOverflow(error)) {
    // The search would need the stack as well, and the square of the time.
    const deep = values.findIndex((value) => !isCloneable(value));
    return deep === -1 ? undefined : `${label(deep)} cannot be sent to another thread: ${TOO_DEEP}`;
  }
  for (const [index, value] of values.entries()) {
    const found = culprit(value, new Set(moved), new Set());
    if (found !== undefined) {
      return `${refused(label(index), found)}. ${ADVICE}`;
    }
  }
  return undefined;
}

/**
 * The error that says that a value has been sent, and cannot be read where it arrives: a value that is nested deeply needs the
 * stack there as well, which may be smaller.
 */
export function unreadable(name: string, error: unknown): TypeError {
  const why = isOverflow(error) ? TOO_DEEP : String(error);
  return new TypeError(`${returnedBy(name)} cannot be sent to another thread: ${why}`, { cause: error });
}

/** Ends the thread that has been sent what it cannot read, and with it the call, which would wait for ever. */
export function cannotRead(error: unknown): never {
  const advice = 'Make a list of its parts, or raise "stackSizeMb".';
  const why = isOverflow(error) ? `it is nested too deeply for its stack. ${advice}` : String(error);
  throw new TypeError(`It cannot read what was sent to it: ${why}`, { cause: error });
}

/** Names in errors what a function gave back. */
export function returnedBy(name: string): string {
  return `What "${name}" returned or emitted`;
}

/** The engine copies what is inside a value by a call inside a call. */
function isOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/.test(error.message);
}

const TOO_DEEP = 'it is nested too deeply to be copied. Make a list of its parts.';
const ADVICE = 'Pass plain data; a port or the like is moved by transfer().';

/** Which value cannot be sent, where in it, and what is there. */
function refused(what: string, { path, value }: Culprit): string {
  const place = path === '' ? 'it is' : `at ${path} is`;
  return `${what} cannot be sent to another thread: ${place} ${kindOf(value)}`;
}

/** What a value is, in words. A port has the tag of its base class. */
function kindOf(value: unknown): string {
  return value instanceof MessagePort ? 'a MessagePort' : quote(value);
}

interface Culprit {
  readonly path: string;
  readonly value: unknown;
}

/** The innermost value that cannot be cloned. */
function culprit(value: unknown, moved: ReadonlySet<unknown>, seen: Set<unknown>): Culprit | undefined {
  if (moved.has(value) || seen.has(value) || isCloneable(value)) {
    return undefined;
  }
  seen.add(value);
  for (const [path, child] of childrenOf(value)) {
    const found = culprit(child, moved, seen);
    if (found !== undefined) {
      return { path: path + found.path, value: found.value };
    }
  }
  // A value that contains something moved is not to blame for that.
  return holdsMoved(value, moved, new Set()) ? undefined : { path: '', value };
}

/**
 * An object of a class of which a copy has nothing: the value, or what it holds in objects and short lists, down to `depth`. A
 * getter is not called for that.
 */
function losing(value: unknown, depth: number): Culprit | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null || prototype === Array.prototype;
  if (!isPlain) {
    return arrivesEmpty(value) ? { path: '', value } : undefined;
  }
  if (depth === 0 || (Array.isArray(value) && value.length > SHORT)) {
    return undefined;
  }
  for (const key of Object.keys(value)) {
    const found = losing(Object.getOwnPropertyDescriptor(value, key)?.value, depth - 1);
    if (found !== undefined) {
      return { path: pathTo(value, key) + found.path, value: found.value };
    }
  }
  return undefined;
}

/** Those that arrive as what they are, or cannot be sent at all. They may be large. */
const ARRIVE = [Map, Set, Date, RegExp, Error, Promise, ArrayBuffer, SharedArrayBuffer, MessagePort];

const SHORT = 100;

function arrivesEmpty(value: object): boolean {
  const arrives = ARRIVE.some((each) => value instanceof each) || ArrayBuffer.isView(value);
  if (arrives || Object.keys(value).length > 0) {
    return false;
  }
  try {
    const copy: unknown = structuredClone(value);
    return Object.getPrototypeOf(copy) === Object.prototype && Object.keys(copy as object).length === 0;
  } catch {
    return false; // It is refused, or moved.
  }
}

function adviceFor(value: unknown): string {
  return value instanceof AbortSignal
    ? 'The function has a signal of its own there: "abortSignal()" of async-tamer. Cancelling the call aborts it.'
    : ADVICE;
}

function isDetached(value: unknown): boolean {
  return value instanceof ArrayBuffer && value.byteLength === 0 && !isCloneable(value);
}

/** Whether it can always be sent, and never changes. */
export function isPrimitive(value: unknown): boolean {
  return !isObject(value) && typeof value !== 'function' && typeof value !== 'symbol';
}

function isCloneable(value: unknown): boolean {
  if (isPrimitive(value)) {
    return true;
  }
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function holdsMoved(value: unknown, moved: ReadonlySet<unknown>, seen: Set<unknown>): boolean {
  if (moved.has(value)) {
    return true;
  }
  if (seen.has(value)) {
    return false;
  }
  seen.add(value);
  return childrenOf(value).some(([, child]) => holdsMoved(child, moved, seen));
}

/** The parts that cloning looks at: elements, entries, and the properties of objects. */
function childrenOf(value: unknown): (readonly [path: string, child: unknown])[] {
  if (!isObject(value)) {
    return [];
  }
  if (ArrayBuffer.isView(value)) {
    return [['.buffer', value.buffer]];
  }
  if (Array.isArray(value)) {
    return value.map((child: unknown, index) => [`[${index}]`, child] as const);
  }
  if (value instanceof Map) {
    return [...value].flatMap(([key, child], index) => [
      [`.keys()[${index}]`, key] as const,
      [`.values()[${index}]`, child] as const,
    ]);
  }
  if (value instanceof Set) {
    return [...value].map((child, index) => [`.values()[${index}]`, child] as const);
  }
  return Object.entries(value).map(([key, child]) => [pathTo(value, key), child]);
}

function pathTo(value: object, key: string): string {
  if (Array.isArray(value)) {
    return `[${key}]`;
  }
  return /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
