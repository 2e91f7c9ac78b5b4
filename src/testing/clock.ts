import type { SchedulerAction, Subscription } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import type { Clock } from '../blocking/block.ts';
import { captureContext, runIn } from '../execution/context.ts';

/**
 * The things that the scheduler compares when everything due has run: an expectation has recorded one, and its diagram says the
 * other.
 */
export type Compare = (actual: unknown, expected: unknown) => void;

/** The callback of an interval, while it runs. The interval must be still while the callback blocks: it would wait for itself. */
export interface IntervalTurn {
  pause(): void;
  resume(): void;
}

/**
 * RxJS's own scheduler for tests, except that it runs step by step, and also from within a step: `block()` in a timer's callback
 * runs what comes after that callback, in order. When `block()` returns, time has gone on.
 */
export class VirtualClock extends TestScheduler implements Clock {
  #uncaught: { readonly error: unknown } | undefined;
  #steps = 0;
  // While helpers are called, or have set up what they made, nothing must run.
  #still = false;
  // Those under way, one inside the other.
  readonly #turns = new Set<IntervalTurn>();

  // Whether a test expects the thrown error.
  readonly #isExpected: (error: unknown) => boolean;

  constructor(compare: Compare, isExpected: (error: unknown) => boolean) {
    super(compare);
    this.#isExpected = isExpected;
  }

  /**
   * What is scheduled runs in the context of the code that schedules it, as the callback of a platform's timer does: a teardown
   * that runs then knows the call it belongs to.
   */
  override schedule<T>(
    work: (this: SchedulerAction<T>, state?: T) => void,
    delay?: number,
    state?: T,
  ): Subscription {
    const context = captureContext();
    return super.schedule<T>(
      function (given) {
        runIn<SchedulerAction<T>, T | undefined, unknown>(context, work, this, given);
      },
      delay,
      state,
    );
  }

  /** Runs one action: the earliest, and of several the one that was scheduled first. */
  step(): boolean {
    this.#turns.forEach((turn) => turn.pause()); // A turn that is under way now is one that blocks.
    this.#setUp();
    const action = this.actions.shift();
    if (action === undefined) {
      return false;
    }
    this.frame = action.delay;
    const error: unknown = action.execute(action.state, action.delay);
    if (error !== undefined) {
      this.uncaught(error);
    }
    this.#steps++;
    if (this.#steps === MOST_STEPS) {
      this.uncaught(new EndlessError(this.frame));
      this.#dropAll();
    }
    return true;
  }

  /** Calls `fn`, which is the turn of an interval. */
  during<T>(turn: IntervalTurn, fn: () => T): T {
    this.#turns.add(turn);
    try {
      return fn();
    } finally {
      this.#turns.delete(turn);
      turn.resume();
    }
  }

  /** Hot Observables begin at the first step, and expectations hand over what they record. */
  #setUp(): void {
    const { maxFrames } = this;
    this.maxFrames = -Infinity; // Nothing must run.
    super.flush();
    this.maxFrames = maxFrames;
  }

  /** Runs everything, until nothing is due or an error was thrown that no code caught. */
  override flush(): void {
    if (this.#still) {
      return;
    }
    while (this.#uncaught === undefined && this.step());
    this.#setUp();
    if (this.#uncaught !== undefined) {
      this.#dropAll(); // As RxJS does.
      throw this.#uncaught.error;
    }
  }

  /** Calls `fn` as {@link TestScheduler.run} would, but runs nothing. */
  still<T>(fn: () => T): T {
    const before = this.#still;
    this.#still = true;
    try {
      return fn();
    } finally {
      this.#still = before;
    }
  }

  uncaught(error: unknown): void {
    if (!this.#isExpected(error)) {
      this.#uncaught ??= { error };
    }
  }

  /** The errors that no code has caught. */
  get threw(): { readonly error: unknown } | undefined {
    return this.#uncaught;
  }

  /** The time at which the next action is due; undefined if there is none. */
  get nextDue(): number | undefined {
    return this.actions[0]?.delay;
  }

  get due(): number {
    return this.actions.length;
  }

  #dropAll(): void {
    this.actions.splice(0).forEach((action) => action.unsubscribe());
  }
}

const MOST_STEPS = 250_000;

/** Something is always due. The run reports what still runs. */
export class EndlessError extends Error {
  override name = 'EndlessError';

  constructor(frame: number) {
    super(`Virtual time does not end: after ${MOST_STEPS} steps, at ${frame} ms, something is still due.`);
  }
}
