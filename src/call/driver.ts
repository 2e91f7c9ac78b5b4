import type { Context } from '../execution/context.ts';
import type { Execution } from '../execution/execution.ts';
import type { Need } from '../execution/need.ts';
import type { Room } from '../execution/sink.ts';

/** The execution of a function, as the driver of what it returned sees it. */
export interface Host<T> {
  readonly phase: Execution['phase'];
  readonly told: boolean;
  /** Its code waits for a cleanup, which no cancel interrupts. */
  readonly shielded: boolean;
  /** It was its own code that cancelled it. */
  readonly knows: boolean;
  /** What its reader has room for. */
  readonly room: Room | undefined;
  /** What its asynchronous code waits for, if that is known. */
  readonly onlyAwait: Need | undefined;
  /** Runs `fn` as code of the function. */
  runCode<R>(fn: () => R): R;
  /** The asynchronous context of the function, if it has left that. */
  readonly context: Context | undefined;
  next(value: T): void;
  complete(): void;
  /** The code returned, or threw: at its end, or while it unwinds. */
  succeed(value: T): void;
  fail(error: unknown): void;
  /** What it threw while it unwinds counts, unless it is the cancel come back. */
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

/** Waits for what a function returned. One for each row of the table in `shapes.ts`. */
export interface Driver {
  /** It has not begun yet, and cannot settle at once. */
  readonly asynchronous?: boolean;
  begin(): void;
  /** It waits for a promise. */
  readonly atPromise?: boolean;
  /** What it cannot go on without, if that is known. */
  readonly need?: Need | undefined;
  /** The execution it waits for, where it waits for one: that is cancelled by itself. */
  readonly inner?: Execution | undefined;
  /** Tears down, synchronously, what else it waits for. */
  stop?(): void;
  /** The cleanup for which its cancelled code has waited is over. */
  unshielded?(): void;
  /** All of that has ended: tells the code, and then, or when the code has ended, calls `over()`. */
  unwind(): void;
}
