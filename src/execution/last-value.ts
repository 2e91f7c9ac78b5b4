import { EMPTY, throwIfEmpty } from 'rxjs';

import { unplacedError } from './stack.ts';

/** The last value that came, which is what an `await` yields. */
export class LastValue<T> {
  #value: T | undefined;
  #present = false;

  next(value: T): void {
    this.#value = value;
    this.#present = true;
  }

  /** For the next use of this: no value has come. */
  forget(): void {
    this.#value = undefined;
    this.#present = false;
  }

  /** Passes the value on, or an `EmptyError`. `what` names what was waited for, if that has a name. */
  settle(succeed: (value: T) => void, fail: (error: unknown) => void, what: string | undefined): void {
    if (this.#present) {
      succeed(this.#value as T); // Present, so it is a T.
    } else {
      fail(emptyError(what));
    }
  }
}

/** RxJS's own `EmptyError`, whose constructor is not public. Its message names what had no value. */
export function emptyError(what = 'What is waited for'): unknown {
  let emptyError: unknown;
  EMPTY.pipe(throwIfEmpty()).subscribe({ error: (error: unknown) => (emptyError = error) });
  const error = emptyError as Error; // The callback above sets it to an Error.
  error.message = `${what} has completed without a value. ${ADVICE}`;
  return unplacedError(error);
}

const ADVICE = 'Give it one, for instance by defaultIfEmpty(), or subscribe to it.';
