import { asyncScheduler, type Subscription } from 'rxjs';

import { outside } from '../execution/current-call.ts';
import { closedFromInside } from '../execution/errors.ts';
import type { Need } from '../execution/need.ts';
import { outward } from '../execution/scope-member.ts';
import { unplacedError } from '../execution/stack.ts';
import type { Execution } from '../execution/execution.ts';
import { parts } from './failures.ts';
import type { Sink } from '../execution/sink.ts';
import { open } from '../result/waitable.ts';
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
  /** Everything has ended. */
  ended = false;
  readonly #owner: Owner;
  readonly #name: string;
  // Made when it is first asked for.
  #result: DelayedResult<void> | undefined;
  // The run that waits for it, while no code asks for the result.
  #run: Sink<void> | undefined;
  // The failure with which it has ended, if there is one; and the same while no code has heard of it.
  #error: Error | undefined;
  #raised: Error | undefined;
  // RxJS's own timer, so that it obeys virtual time.
  #timer: Subscription | undefined;

  constructor(owner: Owner, name: string) {
    this.#owner = owner;
    this.#name = name;
  }

  get result(): DelayedResult<void> {
    if (this.#result === undefined) {
      this.#result = new DelayedResult<void>(this);
      this.#settle(this.#result);
      if (this.#run !== undefined) {
        this.#result[open](this.#run, undefined).begin();
        this.#run = undefined;
      }
    }
    return this.#result;
  }

  /** Tells a run how it ends. No code of its own waits, so it need not be asked whether it may. */
  tell(run: Sink<void>): void {
    if (this.#result !== undefined) {
      this.#result[open](run, undefined).begin();
    } else if (this.ended) {
      this.#tellRun(run);
    } else {
      this.#run = run;
    }
  }

  /** Everything has ended. `meanwhile` is called when the result is settled, before the waiters are told. */
  end(raised: Error | undefined, meanwhile: () => void): void {
    this.ended = true;
    this.#error = raised;
    if (raised !== undefined) {
      this.#keep(raised); // Kept first: the error reaches the waiters that are told below.
    }
    this.#settle(this.#result);
    meanwhile();
    if (this.#result !== undefined) {
      tellEnd(this.#result);
    } else if (this.#run !== undefined) {
      this.#tellRun(this.#run);
    }
    if (raised === undefined) {
      this.#owner.leave();
    }
  }

  #settle(result: DelayedResult<void> | undefined): void {
    if (this.ended && result !== undefined) {
      if (this.#error === undefined) {
        emitTo(result, undefined);
      }
      settle(result, this.#error && { error: this.#error });
    }
  }

  #tellRun(run: Sink<void>): void {
    this.#run = undefined;
    if (this.#error === undefined) {
      run.complete();
    } else {
      this.reached();
      run.error(this.#error);
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
    return this.#result !== undefined && isNeeded(this.#result);
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
    const closes = this.#owner;
    return outward(owner?.member, (each) => each === closes) && unplacedError(closedFromInside());
  }

  reached(): void {
    this.take();
    this.#owner.leave();
  }
}
