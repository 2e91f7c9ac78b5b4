import type { Cancellation } from './cancellation.ts';
import type { CurrentCall } from './current-call.ts';
import { LazySignal } from './lazy-signal.ts';
import type { Need } from './need.ts';
import type { Resources } from './resources.ts';
import type { OwnedScope, RunOfBody } from './scope-member.ts';
import type { PendingAwait } from './pending-await.ts';

/** What the code of an execution has made or taken, and what is therefore ended with it. */
export class Owned {
  /** The run whose body it is. */
  run: RunOfBody | undefined;
  /** The scopes it made, in that order. */
  scopes: Set<OwnedScope> | undefined;
  /** The promises of calls and results it awaits, or at least asked for. */
  readonly awaits = new Set<PendingAwait>();
  /** The errors that its code was told of before any cancel. Weak, since the code may live long. */
  delivered: WeakSet<object> | undefined;
  /** What it has acquired, until that is released. */
  resources: Resources | undefined;
  /** What `abortSignal()` gives. */
  readonly signal = new LazySignal();

  get awaitsSomething(): boolean {
    return this.awaits.size > 0;
  }

  /** Whether somebody is kept waiting, so that rejecting that tells the code. */
  get isWaiting(): boolean {
    for (const { waiting, shielded } of this.awaits) {
      if (waiting && shielded !== true) {
        return true;
      }
    }
    return false;
  }

  /** Whether its code stands at a cleanup, which no cancel interrupts. */
  get isShielded(): boolean {
    for (const { shielded } of this.awaits) {
      if (shielded === true) {
        return true;
      }
    }
    return false;
  }

  /** What the `block()` in which the code stands waits for. */
  get blockedAt(): Need | undefined {
    for (const { blocks, need } of this.awaits) {
      if (blocks === true) {
        return need;
      }
    }
    return undefined;
  }

  /** What asynchronous code waits for. Of several awaits, one may end the others' race: then that is not known. */
  get onlyAwait(): Need | undefined {
    const [only] = this.awaits;
    return this.awaits.size === 1 ? only?.need : undefined;
  }

  /** The executions that are awaited and still run, the last one first. */
  running(): CurrentCall[] {
    const running: CurrentCall[] = [];
    for (const { inner } of this.awaits) {
      if (inner?.phase === 'running') {
        running.push(inner);
      }
    }
    return running.reverse();
  }

  /** Waits no longer for results; executions are torn down by themselves. */
  drop(): void {
    this.awaits.forEach((pending) => {
      if (pending.shielded !== true) {
        pending.drop();
      }
    });
  }

  reject(cancellation: Cancellation): void {
    for (const pending of [...this.awaits]) {
      if (pending.shielded !== true) {
        this.awaits.delete(pending);
        pending.reject(cancellation.error);
      }
    }
  }
}
