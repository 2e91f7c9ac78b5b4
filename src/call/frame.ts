import { quote } from '../execution/errors.ts';

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
  if (Object.prototype.isPrototypeOf.call(shared, frame)) {
    return (shared as Frame<T>)[how].call(frame, input as T);
  }
  return answerOf(frame[how](input as T)); // A compiler or a user has made it, or it comes from another realm.
}

/**
 * What an iterator has answered, as the language reads it: whatever is true ends it, and what is no object is no answer. It throws
 * where reading it throws, so that this happens where the failure belongs to somebody.
 */
export function answerOf<T, R>(answer: IteratorResult<T, R>): IteratorResult<T, R> {
  const given: unknown = answer;
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) {
    throw new TypeError(
      `An iterator gives objects that have "done" and "value", but this one gave ${quote(given)}.`,
    );
  }
  return answer.done ? { done: true, value: answer.value } : { done: false, value: answer.value };
}
