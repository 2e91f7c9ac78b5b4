import { asyncScheduler, type Subscription } from 'rxjs';

import { outside } from '../execution/current-call.ts';
import { CleanupTimeoutError } from '../execution/errors.ts';

/** Starts the timers that only end what takes too long. A framework must not wait for those, so `angular` replaces this. */
export const timers: { start: (schedule: () => Subscription) => Subscription } = {
  start: (schedule) => schedule(),
};

/** A child, or the body of a run, that cleans up. */
export interface CleaningUp {
  /** Its name in messages. */
  readonly label: string;
  /** The scope no longer waits for it, and its code does not go on. */
  giveUp(): void;
}

/**
 * The time in which the children of a scope must clean up. There is one timer, for the child that has cleaned up longest. When
 * it fires, one error names every child whose time is over, and these children leave.
 */
export class CleanupTimeout {
  readonly #ms: number;
  readonly #expired: (error: CleanupTimeoutError) => void;
  // In the order in which their cleanups began, each with the time at which its cleanup must be over, by RxJS's clock.
  readonly #deadlines = new Map<CleaningUp, number>();
  #timer: Subscription | undefined;

  constructor(ms: number, expired: (error: CleanupTimeoutError) => void) {
    this.#ms = ms;
    this.#expired = expired;
  }

  add(child: CleaningUp): void {
    if (!this.#deadlines.has(child)) {
      this.#deadlines.set(child, asyncScheduler.now() + this.#ms);
      this.#arm();
    }
  }

  delete(child: CleaningUp): void {
    this.#deadlines.delete(child);
    if (this.#deadlines.size === 0) {
      this.#timer?.unsubscribe();
      this.#timer = undefined;
    }
  }

  #arm(): void {
    const [deadline] = this.#deadlines.values();
    if (this.#timer === undefined && deadline !== undefined) {
      const fire = (): void => outside(() => this.#fire());
      this.#timer = timers.start(() => asyncScheduler.schedule(fire, deadline - asyncScheduler.now()));
    }
  }

  #fire(): void {
    const now = asyncScheduler.now();
    const late = [...this.#deadlines].filter(([, deadline]) => deadline <= now).map(([child]) => child);
    this.#timer = undefined;
    if (late.length > 0) {
      this.#expired(
        new CleanupTimeoutError(
          late.map(({ label }) => label),
          this.#ms,
        ),
      );
      late.forEach((child) => child.giveUp());
    }
    this.#arm();
  }
}
