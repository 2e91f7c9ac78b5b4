import type { CurrentCall } from './current-call.ts';
import type { CancelledError } from './errors.ts';
import type { Need } from './need.ts';

/** A promise that this library gave to code of an execution, and that has not settled. */
export interface PendingAwait {
  /** Somebody is being kept waiting, so that rejecting it tells the code. */
  readonly waiting: boolean;
  /** A cancel does not interrupt it: what it waits for is a cleanup. */
  readonly shielded?: boolean;
  /** What the code that stands here waits for; undefined where it may only have asked for it. */
  readonly need?: Need | undefined;
  /** The code is on the stack below, in a `block()`. */
  readonly blocks?: boolean;
  /** The execution it waits for, where it waits for one. */
  readonly inner: CurrentCall | undefined;
  /** Waits no longer for anything but an execution; that one is cancelled through `inner`. */
  drop(): void;
  reject(error: CancelledError): void;
}
