/** Whom an execution tells what its call emits, and how that ends. */
export interface Sink<T> {
  next(value: T): void;
  error(error: unknown): void;
  complete(): void;
  /** Takes a failure up only when its turn comes, and says then that it was reached. */
  readonly defers?: boolean;
  /** The code of its owner stands here, and goes on only when this is told. */
  readonly stands?: boolean;
  /** Absent where nobody can be held back. */
  readonly room?: Room | undefined;
}

/** What whoever reads values has room for, so that those who make them can wait. */
export interface Room {
  /** So many values are kept that have not been read. */
  readonly kept: number;
  /** There is room for one more, which would be read at once. */
  readonly free: boolean;
  /** Calls `listener`, once, when that may have changed. */
  whenRead(listener: () => void): void;
}

/** Whom one tells that has ended. */
export const NOBODY: Sink<unknown> = { next() {}, error() {}, complete() {} };
