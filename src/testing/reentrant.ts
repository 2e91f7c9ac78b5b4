import { asyncScheduler } from 'rxjs';

import type { VirtualClock } from './clock.ts';

/**
 * While one action of RxJS's scheduler runs, the scheduler holds back the others that fall due. An action that blocks waits for
 * just those. So during a run each action is executed when it is due. Returns a function that puts RxJS's own behaviour back.
 */
export function runAtOnce(clock: VirtualClock): () => void {
  asyncScheduler.flush = (action) => {
    const turn = new Turn(action, clock);
    const error: unknown = clock.during(turn, () => action.execute(action.state, action.delay) as unknown);
    if (error !== undefined) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what the action has thrown, as it is
      throw error;
    }
  };
  return () => Reflect.deleteProperty(asyncScheduler, 'flush');
}

/** The part of an action that is used. */
interface Action {
  readonly id: unknown;
  readonly state?: unknown;
  readonly delay: number;
  schedule(state: unknown, delay: number): unknown;
}

/** An action that runs. Its timer is an interval, which goes on until the action returns. */
class Turn {
  readonly #action: Action;
  readonly #clock: VirtualClock;
  readonly #begun: number;
  readonly #period: number;
  // The timer of a pause, which never ends; and the delay for the next turn, if the action has asked for one before.
  #pause: unknown;
  #next: number | undefined;

  constructor(action: Action, clock: VirtualClock) {
    this.#action = action;
    this.#clock = clock;
    this.#begun = clock.now();
    this.#period = periods.get(action) ?? action.delay;
    periods.delete(action);
  }

  pause(): void {
    const action = this.#action;
    const { id, state, delay } = action;
    if (id === this.#pause) {
      return;
    }
    action.schedule(state, delay);
    // An action keeps its timer the first time, and gets a new one if it has scheduled its next turn already.
    this.#next = action.id === id ? undefined : delay;
    action.schedule(state, Infinity);
    this.#pause = action.id;
  }

  /** Without a pause, an action that schedules itself for the same delay would keep its interval, and so its times. */
  resume(): void {
    const { id, delay } = this.#action;
    if (this.#pause === undefined) {
      return;
    }
    const next = id === this.#pause ? this.#next : delay;
    if (next !== undefined && (id === this.#pause || next === this.#period)) {
      this.#action.schedule(this.#action.state, Math.max(0, this.#begun + next - this.#clock.now()));
      periods.set(this.#action, next);
    }
  }
}

/** The periods of intervals whose next turn comes sooner, since their callback has blocked. */
const periods = new WeakMap<Action, number>();
