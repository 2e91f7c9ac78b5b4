import type { Cancellation } from './cancellation.ts';
import type { CurrentCall } from './current-call.ts';
import type { CancelledError } from './errors.ts';
import { LazySignal } from './lazy-signal.ts';
import type { Linked } from './linked.ts';
import type { Need } from './need.ts';
import type { Resources } from './resources.ts';
import type { OwnedScope } from './scope-member.ts';

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

/** What the code of an execution has made or awaits, and what therefore ends with it. */
export class Owned {
  /** The scopes that its code made, in that order; without that of the run whose body it is. Made for the first one. */
  scopes: Linked<OwnedScope> | undefined;
  /** The errors that reached its code before any cancel. Weak, since the code may live long. */
  delivered: WeakSet<object> | undefined;
  /** The resources that it has acquired and that have not been released. */
  resources: Resources | undefined;
  /** The scopes that may use its resources, while their end is waited for. */
  users: readonly OwnedScope[] | undefined;
  // The pending promises of calls and results that its code was given. Made for the first one.
  #awaits: Set<PendingAwait> | undefined;
  // Those that the cancel found, or refused since. What code begins to await after it was told belongs to its cleanup.
  #cut: PendingAwait[] | undefined;
  // Aborts what `abortSignal()` returns. Made when that is first asked for.
  #signal: LazySignal | undefined;

  get signal(): LazySignal {
    return (this.#signal ??= new LazySignal());
  }

  /** Aborts the signal, if there is one, and returns whether there is. */
  abort(cancellation: Cancellation): boolean {
    return this.#signal?.abort(cancellation) === true;
  }

  add(pending: PendingAwait): void {
    (this.#awaits ??= new Set()).add(pending);
  }

  delete(pending: PendingAwait): void {
    this.#awaits?.delete(pending);
  }

  get awaitsSomething(): boolean {
    return this.#awaits !== undefined && this.#awaits.size > 0;
  }

  /** Whether `reject()` will tell code of the cancel, since it waits for one of these promises. */
  get tells(): boolean {
    return this.#cut?.some((pending) => pending.waiting && this.#awaits?.has(pending) === true) === true;
  }

  /** Whether its code waits for a cleanup, which no cancel interrupts. */
  get isShielded(): boolean {
    for (const { shielded } of this.#awaits ?? []) {
      if (shielded === true) {
        return true;
      }
    }
    return false;
  }

  /** What the code is blocked on: what the `block()` that it has called waits for. */
  get blockedAt(): Need | undefined {
    for (const { blocks, need } of this.#awaits ?? []) {
      if (blocks === true) {
        return need;
      }
    }
    return undefined;
  }

  /**
   * What asynchronous code waits for, if it awaits only one thing. Several may be in a race, so what the code needs is not
   * known.
   */
  get onlyAwait(): Need | undefined {
    const [only, ...others] = this.#awaits ?? [];
    return others.length === 0 ? only?.need : undefined;
  }

  /** The executions it awaits that still run, the last one first. */
  running(): CurrentCall[] {
    const running: CurrentCall[] = [];
    for (const { inner } of this.#awaits ?? []) {
      if (inner?.phase === 'running') {
        running.push(inner);
      }
    }
    return running.reverse();
  }

  /** Stops waiting for results. Executions are torn down separately. What this finds is rejected later. */
  drop(): void {
    for (const pending of this.#awaits ?? []) {
      if (pending.shielded !== true) {
        (this.#cut ??= []).push(pending);
        pending.drop();
      }
    }
  }

  rejectLater(pending: PendingAwait): void {
    this.add(pending);
    (this.#cut ??= []).push(pending);
  }

  reject(cancellation: Cancellation): void {
    const cut = this.#cut;
    this.#cut = undefined;
    for (const pending of cut ?? []) {
      if (this.#awaits?.delete(pending) === true) {
        pending.reject(cancellation.error);
      }
    }
  }
}
