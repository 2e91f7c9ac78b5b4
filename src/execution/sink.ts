/** Whom an execution tells what its call emits, and how that ends. */
export interface Sink<T> {
  next(value: T): void;
  error(error: unknown): void;
  complete(): void;
  /** Takes a failure up only when its turn comes, and says then that it was reached. */
  readonly defers?: boolean;
}

/** Whom one tells that has ended. */
export const NOBODY: Sink<unknown> = { next() {}, error() {}, complete() {} };
