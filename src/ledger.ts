import { throwError, UnsubscriptionError } from 'rxjs';

import type { Cancellation } from './cancellation.ts';
import type { CurrentCall } from './current.ts';
import type { CancelledError } from './errors.ts';

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

/** Keeps account of the cleanups under one child of a scope, or under the body of a run. */
export interface Ledger {
  /** Its child or body has ended, so that nothing is waited for any longer. */
  readonly ended: boolean;
  /** Something goes on that the scope has to wait for, until `release`; `lasting` if not over in this very cascade. */
  hold(lasting: boolean): void;
  release(): void;
  /** A cleanup or a teardown threw. */
  failed(error: unknown): void;
  /** A function was let go, because nothing could tell it. */
  abandoned(): void;
  /** Whether `scope` closes only after this has ended, so that waiting for its close would never end. */
  isAwaitedBy(scope: unknown): boolean;
  /** The child of `scope` that this is, or is nested in; undefined if there is none, or it has ended. */
  childOf(scope: unknown): Ledger | undefined;
  /** A scope was made in it. */
  nests(scope: object): void;
  /** That of the run, of whose body this is. */
  readonly outer?: Ledger | undefined;
}

/** A scope as the call that made it sees it. */
export interface OwnedScope {
  /** Cancels the scope, and calls `quiet` when nothing in it runs or cleans up any more. */
  cancel(cancellation: Cancellation, quiet: () => void): void;
  /** Hands over the failures that reached nobody; the scope does not raise them again. */
  takeFailures(call: CurrentCall): unknown[];
}

/** The run of a scope, as its body sees it. */
export interface RunOfBody {
  /** The cancelled body has ended; if it returned all the same, that has been told before. */
  bodyEnded(): void;
}

/** A promise that this library gave to code of an execution, and that has not settled. */
export interface PendingAwait {
  /** Somebody is being kept waiting, so that rejecting it tells the code. */
  readonly waiting: boolean;
  /** The execution it waits for, where it waits for one. */
  readonly inner: CurrentCall | undefined;
  /** Waits no longer for anything but an execution; that one is cancelled through `inner`. */
  drop(): void;
  reject(error: CancelledError): void;
}

/** An `UnsubscriptionError` counts as the errors it holds. */
export function flatten(error: unknown): unknown[] {
  return error instanceof UnsubscriptionError ? error.errors.flatMap(flatten) : [error];
}

/** Reports a failure that has nobody else to go to, as RxJS does: `config.onUnhandledError`, else uncaught. */
export function reportUnhandled(error: unknown): void {
  throwError(() => error).subscribe();
}
