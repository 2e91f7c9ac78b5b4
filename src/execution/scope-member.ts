import type { Cancellation } from './cancellation.ts';
import type { CurrentCall } from './current-call.ts';

/** One child of a scope, or the body of a run, as the executions under it see it. It counts their cleanups. */
export interface ScopeMember {
  /** The child or body has ended, so nothing is waited for any longer. */
  readonly ended: boolean;
  /** The scope has to wait until `release`. `lasting`: this is not over within the cancel that is running. */
  hold(lasting: boolean): void;
  release(): void;
  /** A cleanup or a teardown threw `error`. */
  failed(error: unknown): void;
  /** The library stopped waiting for a function, because nothing could tell it of the cancel. */
  abandoned(): void;
  /** Whether `scope` closes only after this member has ended, so that waiting in it for that close would never end. */
  isAwaitedBy(scope: unknown): boolean;
  /**
   * Whether code inside a call has asked for it, or for what it is part of. If not, nothing that it waits for can wait for it.
   */
  readonly needed: boolean;
  /** The child of `scope` that this is, or is nested in; undefined if there is none, or if it has ended. */
  childOf(scope: unknown): ScopeMember | undefined;
  /** It took too long to clean up: none of its code goes on after a tamed await. */
  readonly parked: boolean;
  /** The scope that it is a child or the body of; undefined if it has ended. */
  readonly home: unknown;
  /** It is the body of a run, and the scope of that run is made just here. */
  readonly opens?: boolean;
  /** Its code has made a scope. */
  nests(scope: object): void;
  /** For the body of a run: the member that the run belongs to. */
  readonly outer?: ScopeMember | undefined;
}

/** A scope as the call that made it sees it. */
export interface OwnedScope {
  /** Cancels the scope, and calls `whenIdle` when nothing in it runs or cleans up any more. */
  cancel(cancellation: Cancellation, whenIdle: () => void): void;
  /**
   * The code of the call that made it has ended. From here on the nearest scope around that call owns it. Calls `whenIdle` when
   * nothing in it runs or cleans up any more.
   */
  outlive(call: CurrentCall, whenIdle?: () => void): void;
  /** Hands over the failures that reached no caller. The scope does not report them again. */
  takeFailures(call: CurrentCall): unknown[];
}

/** The run of a scope, as its body sees it. */
export interface RunOfBody {
  /** Its value is wanted even after a cancel, so the library does not abandon a function of the body. */
  readonly patient?: boolean;
  /** The body was cancelled and has ended. If it returned all the same, that was reported before. */
  bodyEnded(): void;
}
