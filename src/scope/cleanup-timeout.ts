import { asyncScheduler, type Subscription } from 'rxjs';

import { outside } from '../execution/current-call.ts';
import { CleanupTimeoutError } from '../execution/errors.ts';

/** How timers are started that only end what takes too long: a framework must not wait for them. Replaced by `angular`. */
export const timers: { start: (schedule: () => Subscription) => Subscription } = {
  start: (schedule) => schedule(),
};

/** A child, or the body of a run, that cleans up. */
export interface CleaningUp {
  /** Its name in messages. */
  readonly label: string;
  /** It is not waited for any longer, and its code does not go on. */
  giveUp(): void;
}

/**
 * How long the children of a scope may clean up. One timer, for the one that has cleaned up longest; those whose time is
 * over when it fires are named in one error, and leave.
 */
export class CleanupTimeout {
  readonly #ms: number;
  readonly #expired: (error: CleanupTimeoutError) => void;
  // In the order in which they began, each with the time at which its cleanup must be over, by RxJS's clock.
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
