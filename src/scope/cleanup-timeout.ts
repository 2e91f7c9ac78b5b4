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

/** Those that have begun to clean up at one time, by RxJS's clock. */
interface Group {
  readonly since: number;
  readonly children: Set<CleaningUp>;
  timer: Subscription | undefined;
}

/**
 * The time in which the children of a scope must clean up. There is a timer for those that have begun at one time. When it
 * fires, one error names those of them that still clean up, and they leave. Only the timer tells how long that is: a clock may be
 * set while it runs.
 */
export class CleanupTimeout {
  readonly #ms: number;
  readonly #expired: (error: CleanupTimeoutError) => void;
  readonly #groups = new Map<CleaningUp, Group>();
  // The one in which a child has begun last, unless that has ended.
  #latest: Group | undefined;

  constructor(ms: number, expired: (error: CleanupTimeoutError) => void) {
    this.#ms = ms;
    this.#expired = expired;
  }

  add(child: CleaningUp): void {
    if (!this.#groups.has(child)) {
      const group = this.#groupOf(asyncScheduler.now());
      group.children.add(child);
      this.#groups.set(child, group);
    }
  }

  #groupOf(now: number): Group {
    if (this.#latest?.since === now) {
      return this.#latest;
    }
    const group: Group = { since: now, children: new Set(), timer: undefined };
    const fire = (): void => outside(() => this.#fire(group));
    group.timer = timers.start(() => asyncScheduler.schedule(fire, this.#ms));
    this.#latest = group;
    return group;
  }

  delete(child: CleaningUp): void {
    const group = this.#groups.get(child);
    this.#groups.delete(child);
    group?.children.delete(child);
    if (group?.children.size === 0) {
      this.#end(group);
    }
  }

  #end(group: Group): void {
    group.timer?.unsubscribe();
    if (this.#latest === group) {
      this.#latest = undefined;
    }
  }

  #fire(group: Group): void {
    const late = [...group.children];
    this.#end(group);
    this.#expired(
      new CleanupTimeoutError(
        late.map(({ label }) => label),
        this.#ms,
      ),
    );
    late.forEach((child) => child.giveUp());
  }
}
