import { asyncScheduler, type Subscription } from 'rxjs';

import { outside } from '../execution/current-call.ts';
import { closedFromInside } from '../execution/errors.ts';
import { enqueue } from '../execution/queue.ts';
import type { Need } from '../execution/need.ts';
import { outward, type EndOfScope } from '../execution/scope-member.ts';
import { unplacedError } from '../execution/stack.ts';
import type { Execution } from '../execution/execution.ts';
import { parts } from './failures.ts';
import { DelayedResult, emitTo, isNeeded, settle, tellEnd } from '../result/result.ts';
import type { Producer } from '../result/producer.ts';

/** The scope that closes. */
interface Owner extends Need {
  readonly name: string;
  /** Its result is settled, and no waiter has been told. */
  ended(): void;
  /** Whether its maker is cancelled, and takes over at its end what has reached no caller. */
  readonly handsOver: boolean;
  /** The error of the close has reached a caller. */
  leave(): void;
  /**
   * One macrotask later the error of the close has reached no caller. Returns how to take the report back, where a scope has it
   * and will raise it later.
   */
  reportUndelivered(error: Error): (() => void) | undefined;
}

/** The close of a scope: its result, and its error until that has reached a caller. */
export class Closing implements Producer {
  /** Everything has ended. */
  ended: boolean;
  readonly #owner: Owner;
  // Made when it is first asked for.
  #result: DelayedResult<void> | undefined;
  // The run that waits for it.
  #run: EndOfScope | undefined;
  // The failure with which it has ended, if there is one; and the same while no code has heard of it.
  #error: Error | undefined;
  #raised: Error | undefined;
  // Takes the report of the error back: a caller may still hear of it before the scope around raises it.
  #takeBack: (() => void) | undefined;
  // RxJS's own timer, so that it obeys virtual time.
  #timer: Subscription | undefined;

  /** `result`: that of a close which is over. */
  constructor(owner: Owner, result?: DelayedResult<void>) {
    this.#owner = owner;
    this.#result = result;
    this.ended = result !== undefined;
  }

  get result(): DelayedResult<void> {
    if (this.#result === undefined) {
      this.#result = new DelayedResult<void>(this);
      this.#settle(this.#result);
    }
    return this.#result;
  }

  /** Tells a run how it ends. No code of its own waits, so it need not be asked whether it may. */
  tell(run: EndOfScope): void {
    this.#run = run;
    if (this.ended) {
      this.#tellRun();
    }
  }

  /** Everything has ended. */
  end(raised: Error | undefined): void {
    this.ended = true;
    this.#error = raised;
    if (raised !== undefined) {
      this.#keep(raised); // Kept first: the error reaches the waiters that are told below.
    }
    this.#settle(this.#result);
    this.#owner.ended();
    if (this.#result !== undefined) {
      tellEnd(this.#result);
    }
    this.#tellRun();
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

  #tellRun(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run !== undefined && this.#error !== undefined) {
      this.reached();
    }
    run?.scopeClosed(this.#error);
  }

  #keep(error: Error): void {
    this.#raised = error;
    this.#timer = asyncScheduler.schedule(() =>
      outside(() => {
        if (this.#owner.handsOver) {
          return; // The code that made the scope may still ask for the error while it unwinds.
        }
        this.#takeBack = this.#owner.reportUndelivered(error);
        this.#raised = undefined;
        this.#owner.leave(); // Only then: a service that ends now may ask for the error.
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
    const { name } = this.#owner;
    return name === '' ? 'the close of a scope' : `the close of the scope ${JSON.stringify(name)}`;
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
    this.#takeBack?.();
    this.#takeBack = undefined;
    // Not at once: that may cancel a service which is just hearing the error.
    enqueue({ proceed: () => this.#owner.leave() });
  }
}
