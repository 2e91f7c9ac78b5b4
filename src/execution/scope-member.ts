import type { Cancellation } from './cancellation.ts';
import type { CurrentCall } from './current-call.ts';
import type { Link } from './linked.ts';
import type { Need } from './need.ts';

/** Something that other things enclose: a child, the body of a run, or a scope. */
export interface Enclosed {
  /**
   * What ends only after it: the scope of a child, the member that a run belongs to, the parent of a scope. Undefined if there
   * is none, or if it has ended.
   */
  readonly outer?: Enclosed | undefined;
  /** Where there is another way outward: the child or body whose code made a scope. */
  readonly maker?: Enclosed | undefined;
  /** Whether it is a scope that `call` has made, or a call under that. */
  isMadeUnder?(call: CurrentCall): boolean;
  /** Whether code inside a call has asked for it. */
  readonly asked?: boolean;
}

/** One child of a scope, or the body of a run, as the executions under it see it. It counts their cleanups. */
export interface ScopeMember extends Enclosed {
  /** The child or body has ended, so nothing is waited for any longer. */
  readonly ended: boolean;
  /** The scope has to wait until `release`. `lasting`: this is not over within the cancel that is running. */
  hold(lasting: boolean): void;
  release(): void;
  /** A cleanup or a teardown threw `error`. */
  failed(error: unknown): void;
  /** The library stopped waiting for a function, because nothing could tell it of the cancel. */
  abandoned(): void;
  /** It took too long to clean up: none of its code goes on after a tamed await. */
  readonly parked: boolean;
  /** The scope that it is a child or the body of; undefined if it has ended. */
  readonly home: unknown;
  /** It is the body of a run, and the scope of that run is made just here. */
  readonly opens?: boolean;
  /** What it waits for has changed by itself: code that waits for its result may stand in a circle now, and is told so. */
  refuseCircles?(): void;
  /** Its code has made a scope. */
  nests(scope: object): void;
  /**
   * If it is the body of a run whose scope has closed already: the run waits for a scope that the body leaves open. Called again
   * with `closing` when that scope begins to close.
   */
  keeps?(scope: OwnedScope, closing?: { tell(run: EndOfScope): void }): void;
  /** The scope that it was to keep has closed before it was known how: other code has closed it, and has heard how that went. */
  keepsNoLonger?(scope: OwnedScope): void;
}

/** Waits for the close of a scope. */
export interface EndOfScope {
  /** The scope has closed, perhaps with an error. */
  scopeClosed(raised: Error | undefined): void;
}

/** A scope as the call that made it sees it. */
export interface OwnedScope extends Link<OwnedScope>, Need {
  /** Cancels the scope, and calls `whenIdle` when nothing in it runs or cleans up any more. */
  cancel(cancellation: Cancellation, whenIdle: () => void): void;
  /**
   * The code of the call that made it has ended. From here on the nearest scope around that call owns it. Calls `whenIdle` when
   * nothing in it runs or cleans up any more.
   */
  outlive(call: CurrentCall, whenIdle?: () => void): void;
  /** The first half of `outlive`: the nearest scope owns it, and waits for it. */
  moveOut(call: CurrentCall): void;
  /** Hands over the failures that reached no caller. The scope does not report them again. */
  takeFailures(call: CurrentCall): unknown[];
}

/** The run of a scope, as its body sees it. */
export interface RunOfBody {
  /** The scope of the run, as soon as that has been made. The body owns it. */
  readonly scope?: OwnedScope | undefined;
  /** Its value is wanted even after a cancel, so the library does not abandon a function of the body. */
  readonly patient?: boolean;
  /** The body was cancelled and has ended. If it returned all the same, that was reported before. */
  bodyEnded(): void;
}

/**
 * Finds the first one for which `found` holds, from `start` outwards. Scopes that are both nested in another and made in it
 * have two ways to the same one, so nothing is looked at twice.
 *
 * Most have one way, for which nothing is allocated.
 */
export function outward(
  start: Enclosed | undefined,
  found: (each: Enclosed) => boolean,
): Enclosed | undefined {
  // Both are made where there are two ways.
  let seen: Set<Enclosed> | undefined;
  let ways: Enclosed[] | undefined;
  for (let at = start; at !== undefined;) {
    let next: Enclosed | undefined;
    if (seen?.has(at) !== true) {
      if (found(at)) {
        return at;
      }
      seen?.add(at);
      const { outer, maker } = at;
      if (outer !== undefined && maker !== undefined) {
        seen ??= new Set([at]);
        (ways ??= []).push(maker);
      }
      next = outer ?? maker;
    }
    at = next ?? ways?.pop();
  }
  return undefined;
}
