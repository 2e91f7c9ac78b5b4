import { answerOf, shared, type Frame } from './frame.ts';

/** Passed to `return()`: if the generator ends with it, the cancel has ended it; with anything else, it has returned. */
export const CANCELLED = Symbol('cancelled');

const { return: native } = shared;

/**
 * A generator that a cancel ends, together with those that it waits for by a plain `yield* helper()`.
 *
 * JavaScript hands a `return()` on to the innermost of them. If that one waits in its `finally`, it has to be resumed by `next()`.
 * Then those outside of it would take its end for a normal one, and go on with the code after their `yield*`. So each is ended by
 * itself here, from the inside out: the next one when the one before has ended, and in the way in which that has ended.
 */
export class Unwinding<T> implements Frame<T> {
  // From the outside in. The last one is the one that runs.
  readonly #frames: Frame<T>[];

  constructor(generator: Frame<T>) {
    this.#frames = [generator];
  }

  /** The first of all: it reaches the innermost generator. */
  return(value: T): IteratorResult<unknown, T> {
    return this.#go(() => returnIntoInnermost(this.#frames, value));
  }

  next(input: unknown): IteratorResult<unknown, T> {
    return this.#go((frame) => frame.next(input));
  }

  throw(error: unknown): IteratorResult<unknown, T> {
    return this.#go((frame) => frame.throw(error));
  }

  #go(resume: (frame: Frame<T>) => IteratorResult<unknown, T>): IteratorResult<unknown, T> {
    for (;;) {
      try {
        const result = answerOf(resume(this.#frames.at(-1) as Frame<T>)); // The outermost is never taken away.
        if (result.done !== true || !this.#leave()) {
          return result;
        }
        resume = (frame) => frame.return(result.value);
      } catch (error) {
        if (!this.#leave()) {
          throw error;
        }
        resume = (frame) => frame.throw(error);
      }
    }
  }

  /** Goes on with the generator around the one that has ended, if there is one. */
  #leave(): boolean {
    return this.#frames.length > 1 && this.#frames.pop() !== undefined;
  }
}

/**
 * Ends the innermost of the generators that wait for each other, and puts those between into `frames`.
 *
 * No reference leads from a generator to the one that it waits for. But the engine looks up the method `return` of that one. So
 * meanwhile the method that all generators share notes on which one it is called, and nothing happens to that one yet. For any
 * other caller it does what it always does.
 */
function returnIntoInnermost<T>(frames: Frame<T>[], value: T): IteratorResult<unknown, T> {
  const outermost = frames[0] as Frame<T>;
  const before = shared.return as Frame<T>['return'];
  const note = function (this: Frame<T>, given: T): IteratorResult<unknown, T> {
    if ((given as unknown) !== CANCELLED) {
      return native.call(this, given) as IteratorResult<unknown, T>;
    }
    frames.push(this);
    return { done: false, value: undefined };
  };
  // A compiler has made it, or it comes from another realm, or the program has frozen the method.
  if (outermost.return !== before || !Reflect.set(shared, 'return', note)) {
    return outermost.return(value);
  }
  try {
    for (;;) {
      const known = frames.length;
      const result = native.call(frames.at(-1) as Frame<T>, value) as IteratorResult<unknown, T>;
      if (frames.length === known) {
        return result;
      }
    }
  } finally {
    Reflect.set(shared, 'return', before);
  }
}
