import type { Cancellation } from './cancellation.ts';
import type { CurrentCall } from './current-call.ts';

/** Keeps account of the cleanups under one child of a scope, or under the body of a run. */
export interface ScopeMember {
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
  /** Whether code inside a call has asked for it, or for what it is part of: else nothing it waits for can wait for it. */
  readonly needed: boolean;
  /** The child of `scope` that this is, or is nested in; undefined if there is none, or it has ended. */
  childOf(scope: unknown): ScopeMember | undefined;
  /** It took too long to clean up: none of its code goes on at a tamed wait. */
  readonly parked: boolean;
  /** The scope whose child or body it is; undefined if it has ended. */
  readonly home: unknown;
  /** It is the body of a run, and the scope of that is made just here. */
  readonly opens?: boolean;
  /** A scope was made in it. */
  nests(scope: object): void;
  /** That of the run, of whose body this is. */
  readonly outer?: ScopeMember | undefined;
}

/** A scope as the call that made it sees it. */
export interface OwnedScope {
  /** Cancels the scope, and calls `quiet` when nothing in it runs or cleans up any more. */
  cancel(cancellation: Cancellation, quiet: () => void): void;
  /**
   * The code of the call that made it has ended: from here on the nearest scope around that owns it. Calls `quiet` when nothing in
   * it runs or cleans up any more.
   */
  outlive(call: CurrentCall, quiet?: () => void): void;
  /** Hands over the failures that reached nobody; the scope does not raise them again. */
  takeFailures(call: CurrentCall): unknown[];
}

/** The run of a scope, as its body sees it. */
export interface RunOfBody {
  /** It wants the value of what was cancelled, too, should that come: nothing of the body is let go. */
  readonly patient?: boolean;
  /** The cancelled body has ended; if it returned all the same, that has been told before. */
  bodyEnded(): void;
}
