import type { Subscription } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import type { VirtualClock } from './clock.ts';

type Handler = (...args: unknown[]) => void;

/** What setting a timer returns: Node's have these methods. */
class Timer {
  readonly #clock: VirtualClock;
  readonly #run: () => void;
  readonly #ms: number;
  #subscription: Subscription | undefined;
  #cleared = false;

  constructor(clock: VirtualClock, run: () => void, ms: number) {
    this.#clock = clock;
    this.#run = run;
    this.#ms = ms;
    this.begin(ms);
  }

  begin(ms: number): void {
    this.pause();
    if (!this.#cleared) {
      this.#subscription = this.#clock.schedule(this.#run, ms);
    }
  }

  pause(): void {
    this.#subscription?.unsubscribe();
  }

  clear(): void {
    this.#cleared = true;
    this.pause();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.begin(this.#ms);
    return this;
  }

  close(): this {
    this.clear();
    return this;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

interface Replaced {
  readonly target: object;
  readonly key: string;
  readonly descriptor: PropertyDescriptor | undefined;
}

/**
 * The platform's timers and clocks, on a virtual one. RxJS's schedulers use them too, since `TestScheduler.run` cannot hold its
 * own across an `await`.
 */
export class VirtualTimers {
  readonly #clock: VirtualClock;
  readonly #replaced: Replaced[] = [];
  // Callbacks for the next animation frame, if a test has said when there are any.
  readonly #paints = new Map<number, (now: number) => void>();
  #lastPaint = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  install(): void {
    const set = (handler: Handler, ms?: unknown, ...args: unknown[]): Timer => this.#set(handler, ms, args);
    const setImmediate = (handler: Handler, ...args: unknown[]): Timer => this.#set(handler, 0, args);
    const setInterval = (handler: Handler, ms?: unknown, ...args: unknown[]): Timer =>
      this.#repeat(handler, ms, args);
    const clear = (original: unknown) => (timer: unknown) => {
      if (timer instanceof Timer) {
        timer.clear();
      } else {
        (original as (timer: unknown) => void)(timer); // One that was set before.
      }
    };
    promisified(
      set,
      async (ms: unknown, value: unknown) => await new Promise((resolve) => set(resolve, ms, value)),
    );
    promisified(
      setImmediate,
      async (value: unknown) => await new Promise((resolve) => setImmediate(resolve, value)),
    );
    const now = (): number => this.#clock.frame;
    for (const [key, value] of Object.entries({ setTimeout: set, setImmediate, setInterval })) {
      const clearKey = key.replace('set', 'clear');
      const original = (globalThis as Record<string, unknown>)[clearKey];
      if (original !== undefined) {
        this.#replace(globalThis, key, value);
        this.#replace(globalThis, clearKey, clear(original));
      }
    }
    this.#replace(Date, 'now', now);
    this.#replace(performance, 'now', now);
  }

  #replace(target: object, key: string, value: unknown): void {
    this.#replaced.push({ target, key, descriptor: Object.getOwnPropertyDescriptor(target, key) });
    Object.defineProperty(target, key, { value, configurable: true, writable: true, enumerable: true });
  }

  restore(): void {
    for (const { target, key, descriptor } of this.#replaced.splice(0).reverse()) {
      if (descriptor === undefined) {
        Reflect.deleteProperty(target, key);
      } else {
        Object.defineProperty(target, key, descriptor);
      }
    }
  }

  #set(handler: Handler, ms: unknown, args: unknown[]): Timer {
    return new Timer(
      this.#clock,
      carried(() => handler(...args)),
      milliseconds(ms),
    );
  }

  #repeat(handler: Handler, ms: unknown, args: unknown[]): Timer {
    const clock = this.#clock;
    const between = milliseconds(ms);
    const run = carried(() => {
      const due = clock.frame + between;
      let paused = false;
      timer.begin(between);
      const turn = {
        pause: () => {
          paused = true;
          timer.pause();
        },
        resume: () => {
          if (paused) {
            timer.begin(Math.max(0, due - clock.frame));
          }
        },
      };
      clock.during(turn, () => handler(...args));
    });
    const timer = new Timer(clock, run, between);
    return timer;
  }

  /** Sets the times at which the screen is painted. */
  animate(marbles: string): void {
    this.#replace(globalThis, 'requestAnimationFrame', (callback: (now: number) => void) => {
      this.#paints.set(++this.#lastPaint, callback);
      return this.#lastPaint;
    });
    this.#replace(globalThis, 'cancelAnimationFrame', (handle: number) => void this.#paints.delete(handle));
    for (const { frame } of TestScheduler.parseMarbles(marbles, undefined, undefined, false, true)) {
      this.#clock.schedule(() => this.#paint(), frame);
    }
  }

  /** Callbacks that are requested while it paints have their turn with the next frame. */
  #paint(): void {
    const callbacks = [...this.#paints.values()];
    this.#paints.clear();
    callbacks.forEach((callback) => callback(this.#clock.frame));
  }
}

/** What `promisify` of `node:util` makes of a timer. */
function promisified(set: object, promised: (...args: unknown[]) => Promise<unknown>): void {
  Object.defineProperty(set, Symbol.for('nodejs.util.promisify.custom'), { value: promised });
}

/** As the platform does it: a value that is no number, or is below 0, counts as 0. */
function milliseconds(ms: unknown): number {
  return Math.max(0, Number(ms)) || 0;
}

interface AsyncHooks {
  readonly AsyncLocalStorage: { snapshot?(): (fn: () => void) => void };
}

/** A callback runs in the context in which its timer was set, where the platform has such. */
function carried(fn: () => void): () => void {
  const { process } = globalThis as { process?: { getBuiltinModule?(id: string): AsyncHooks | undefined } };
  const inContext = process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage.snapshot?.();
  return inContext === undefined ? fn : () => inContext(fn);
}
