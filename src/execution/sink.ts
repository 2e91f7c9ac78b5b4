/** Receives what a call emits, and how the call ends. */
export interface Sink<T> {
  next(value: T): void;
  error(error: unknown): void;
  complete(): void;
  /** It takes a failure only when its turn comes, and then says that the failure has reached it. */
  readonly defers?: boolean;
  /** The code of its owner waits here, and goes on only when this sink is told. */
  readonly stands?: boolean;
  /** How much it can take; absent where it cannot hold the source back. */
  readonly room?: Room | undefined;
}

/** How many values a reader has room for, so that the code that makes them can wait. */
export interface Room {
  /** How many values are kept that have not been read. */
  readonly kept: number;
  /** Whether there is room for one more value, which would be read at once. */
  readonly free: boolean;
  /** Calls `listener` once, when `free` may have changed. */
  whenRead(listener: () => void): void;
}

/** Ignores everything. It is the sink of executions that have ended, and of those whose outcome is wanted by no code. */
export const NOOP_SINK: Sink<unknown> = { next() {}, error() {}, complete() {} };
