import { EMPTY, throwIfEmpty } from 'rxjs';

/** The last value that came, which is what an `await` yields. */
export class LastValue<T> {
  #value: T | undefined;
  #present = false;

  next(value: T): void {
    this.#value = value;
    this.#present = true;
  }

  settle(succeed: (value: T) => void, fail: (error: unknown) => void): void {
    if (this.#present) {
      succeed(this.#value as T); // Present, so it is a T.
    } else {
      fail(emptyError());
    }
  }
}

/** RxJS's own `EmptyError`, whose constructor is not public. */
export function emptyError(): unknown {
  let emptyError: unknown;
  EMPTY.pipe(throwIfEmpty()).subscribe({ error: (error: unknown) => (emptyError = error) });
  return emptyError;
}
