import type { Context } from '../execution/context.ts';
import type { Execution } from '../execution/execution.ts';
import type { Need } from '../execution/need.ts';
import type { Room } from '../execution/sink.ts';

/** The execution of a function, as the driver of its returned value sees it. */
export interface Host<T> {
  readonly phase: Execution['phase'];
  readonly told: boolean;
  /** Its code waits for a cleanup, which no cancel interrupts. */
  readonly shielded: boolean;
  /** Its own code cancelled it. */
  readonly knows: boolean;
  /** The room of its reader. */
  readonly room: Room | undefined;
  /** The wait of its asynchronous code, if that is known. */
  readonly onlyAwait: Need | undefined;
  /** Runs `fn` as code of the function. */
  runCode<R>(fn: () => R): R;
  /** The same where the context of its code is the current one already. */
  enterCode<R>(fn: () => R): R;
  /** The asynchronous context of the function, if its code has left that. */
  readonly context: Context | undefined;
  next(value: T): void;
  complete(): void;
  /** The code returned or threw, at its end or while it unwinds. */
  succeed(value: T): void;
  fail(error: unknown): void;
  /** The code threw this while it unwinds. It counts, unless it is the cancel come back. */
  unwindFailed(error: unknown): void;
  cleanupFailed(error: unknown): void;
  /** The code of the cancelled function has ended. */
  over(): void;
  /** The code is being told in another way. */
  markTold(): void;
  /** Rejects what the code awaits. */
  interrupt(): void;
  /** Nothing could tell the code, so its scope no longer waits for it. */
  abandon(): void;
  hold(): void;
  release(): void;
  /** Ends as RxJS does: tells first, and tears down until `tornDown()`. */
  completeThen(): void;
  failThen(error: unknown): void;
  tornDown(): void;
}

/** Waits for the value that a function returned. There is one driver for each row of the table in `shapes.ts`. */
export interface Driver {
  /** It has not begun yet, and cannot settle at once. */
  readonly asynchronous?: boolean;
  begin(): void;
  /** It waits for a promise. */
  readonly atPromise?: boolean;
  /** What it cannot go on without, if that is known. */
  readonly need?: Need | undefined;
  /** The execution that it waits for, if it waits for one: that execution is cancelled by itself. */
  readonly inner?: Execution | undefined;
  /** Tears down, synchronously, everything else that it waits for. */
  stop?(): void;
  /** The cleanup for which its cancelled code has waited is over. */
  unshielded?(): void;
  /** Everything torn down has ended. This tells the code. It calls `over()` then, or when the code has ended. */
  unwind(): void;
}
