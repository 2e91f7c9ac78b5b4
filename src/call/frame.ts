/** A generator as its driver sees it. */
export type Frame<T> = Pick<Generator<unknown, T, unknown>, 'next' | 'throw' | 'return'>;

/** The object from which all generators of this realm have their methods. */
export const shared = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})())) as Frame<unknown>;

/**
 * Lets a generator go on.
 *
 * Generators of different functions have different shapes, also where these functions are closures of the same code. V8 remembers a
 * method by the shape of its object. To look it up in the first generator of a closure takes as long as a whole coroutine does, so
 * it is taken from where all generators have it.
 */
export function resume<T>(
  frame: Frame<T>,
  how: 'next' | 'throw' | 'return',
  input: unknown,
): IteratorResult<unknown, T> {
  // A compiler may have made it, or it comes from another realm.
  const methods = Object.prototype.isPrototypeOf.call(shared, frame) ? (shared as Frame<T>) : frame;
  return methods[how].call(frame, input as T);
}
