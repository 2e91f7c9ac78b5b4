import type { CurrentCall } from './current-call.ts';
import type { CancelledError } from './errors.ts';
import type { Need } from './need.ts';

/** A promise that this library gave to code of an execution, and that has not settled. */
export interface PendingAwait {
  /** Code waits for it, so that rejecting it tells that code of the cancel. */
  readonly waiting: boolean;
  /** A cancel does not interrupt it, since it waits for a cleanup. */
  readonly shielded?: boolean;
  /** What the code waits for here; undefined where it may only have asked for a promise. */
  readonly need?: Need | undefined;
  /** The code is further down the stack, in a `block()`. */
  readonly blocks?: boolean;
  /** The execution it waits for, where it waits for one. */
  readonly inner: CurrentCall | undefined;
  /** Stops waiting. Does nothing where it waits for an execution: that one is cancelled through `inner`. */
  drop(): void;
  reject(error: CancelledError): void;
}
