import { asyncScheduler, type Subscription } from 'rxjs';

import { outside } from '../execution/current-call.ts';
import { closedFromInside } from '../execution/errors.ts';
import type { Need } from '../execution/need.ts';
import { unplacedError } from '../execution/stack.ts';
import type { Execution } from '../execution/execution.ts';
import { parts } from './failures.ts';
import { DelayedResult, emitTo, isNeeded, settle, tellEnd, type Producer } from '../result/result.ts';

/** The scope that closes. */
interface Owner extends Need {
  /** Somebody has heard of what closing raised. */
  leave(): void;
  /** A macrotask later nobody has asked what closing raised. */
  reportUnheard(error: Error): void;
}

/** The close of a scope: its result, and what it raised until somebody has heard of that. */
export class Closing implements Producer {
  readonly result = new DelayedResult<void>(this);
  readonly #owner: Owner;
  readonly #name: string;
  #raised: Error | undefined;
  // RxJS's own timer, so that it obeys virtual time.
  #timer: Subscription | undefined;

  constructor(owner: Owner, name: string) {
    this.#owner = owner;
    this.#name = name;
  }

  /** All has ended. `meanwhile` is done when the result is settled, and before it is told. */
  end(raised: Error | undefined, meanwhile: () => void): void {
    if (raised === undefined) {
      emitTo(this.result, undefined);
    } else {
      this.#keep(raised); // Before: who is told now has heard of it.
    }
    settle(this.result, raised === undefined ? undefined : { error: raised });
    meanwhile();
    tellEnd(this.result);
    if (raised === undefined) {
      this.#owner.leave();
    }
  }

  #keep(error: Error): void {
    this.#raised = error;
    this.#timer = asyncScheduler.schedule(() =>
      outside(() => {
        this.#owner.reportUnheard(error);
        this.#raised = undefined;
      }),
    );
  }

  /** Somebody hears of what was raised, and nobody else will; undefined if there is nothing to hear. */
  take(): Error | undefined {
    const error = this.#raised;
    this.#timer?.unsubscribe();
    this.#raised = undefined;
    return error;
  }

  /** The same for the call that made the scope, and that was cancelled: one by one. */
  handOver(): unknown[] {
    const raised = this.take();
    if (raised === undefined) {
      return [];
    }
    this.#owner.leave();
    return parts(raised);
  }

  get needed(): boolean {
    return isNeeded(this.result);
  }

  get need(): Need {
    return this.#owner;
  }

  get title(): string {
    return this.#name === ''
      ? 'the close of a scope'
      : `the close of the scope ${JSON.stringify(this.#name)}`;
  }

  /** Whether nothing is left to hear of, once it has ended. */
  get heard(): boolean {
    return this.#raised === undefined;
  }

  refusal(owner: Execution | undefined): Error | undefined {
    return owner?.member?.isAwaitedBy(this.#owner) === true ? unplacedError(closedFromInside()) : undefined;
  }

  reached(): void {
    this.take();
    this.#owner.leave();
  }
}
