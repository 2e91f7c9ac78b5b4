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
  /** The error of the close has reached a caller. */
  leave(): void;
  /** One macrotask later the error of the close has reached no caller. */
  reportUndelivered(error: Error): void;
}

/** The close of a scope: its result, and its error until that has reached a caller. */
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

  /** Everything has ended. `meanwhile` is called when the result is settled, before the waiters are told. */
  end(raised: Error | undefined, meanwhile: () => void): void {
    if (raised === undefined) {
      emitTo(this.result, undefined);
    } else {
      this.#keep(raised); // Kept first: the error reaches the waiters that are told below.
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
        this.#owner.reportUndelivered(error);
        this.#raised = undefined;
      }),
    );
  }

  /** Takes the error for a caller, so that it is reported to no other; undefined if there is none. */
  take(): Error | undefined {
    const error = this.#raised;
    this.#timer?.unsubscribe();
    this.#raised = undefined;
    return error;
  }

  /** Hands the error over to the cancelled call that made the scope, one part at a time. */
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

  /** Once it has ended: whether its error, if there is one, has reached a caller. */
  get delivered(): boolean {
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
