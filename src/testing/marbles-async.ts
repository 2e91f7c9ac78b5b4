import { everyMacrotask } from './macrotask.ts';
import { checkBody, Run, type CommonHelpers, type Rx } from './run.ts';
import { VirtualTimers } from './timers.ts';

/**
 * The tools that {@link runMarblesAsync} gives to a test.
 *
 * @example
 * ```ts
 * import { timer } from 'rxjs';
 * import { sleep } from 'async-tamer';
 * import { runMarblesAsync, type AsyncMarbleHelpers } from 'async-tamer/testing';
 *
 * async function statusAfter({ scope, flush }: AsyncMarbleHelpers, ms: number) {
 *   const own = scope();
 *   const result = own.start(sleep(ms));
 *   timer(20).subscribe(() => own.cancel());
 *   await flush();
 *   return result.status;
 * }
 * console.log(await runMarblesAsync((helpers) => statusAfter(helpers, 30)));
 * // => cancelled
 * ```
 */
export interface AsyncMarbleHelpers extends CommonHelpers {
  /** Waits until nothing is due any longer, and checks the expectations so far. The end of the test does so, too. */
  flush: () => Promise<void>;
}

/**
 * Runs a test in virtual time, in which promises settle, for async functions over virtual timers. What it guarantees:
 *
 * 1. The callbacks of timers run one at a time, in the order of {@link runMarbles}.
 * 2. Between two of them, every promise reaction that can run has run, however long the chain. So an async function goes on
 *    in the frame in which what it awaits has settled.
 * 3. While it runs, `setTimeout`, `setInterval`, `setImmediate`, `Date.now` and `performance.now` are virtual, too, also for
 *    whatever else runs in this thread. Afterwards they are as before.
 * 4. Virtual time waits for nothing real: I/O, workers and promises from outside never settle in time. If nothing is due and a
 *    call, or the test itself, still waits for a promise, it fails and says so.
 *
 * It rejects with what `body` rejects with, and else as {@link runMarbles} throws. One run at a time.
 *
 * @example
 * ```ts
 * import { sleep, tamed } from 'async-tamer';
 * import { runMarblesAsync } from 'async-tamer/testing';
 *
 * const load = tamed(async function load(ms: number) { await sleep(ms); return 'a'; });
 * await runMarblesAsync(async ({ scope, expectScope }) => {
 *   await using own = scope();
 *   expectScope(own).toBe(`
 *     load   ^--(a|)
 *     scope  ---|
 *   `);
 *   own.start(load(3));
 * });
 * ```
 */
export async function runMarblesAsync<T>(body: (helpers: AsyncMarbleHelpers) => T): Promise<Awaited<T>> {
  checkBody(body, runMarblesAsync);
  const run = new Run(runMarblesAsync);
  const timers = new VirtualTimers(run.clock);
  timers.install();
  try {
    return await new AsyncRun(run, timers).conduct(body);
  } catch (error) {
    const reason = run.reasonFor(error);
    run.abandon();
    throw reason;
  } finally {
    timers.restore();
    run.end();
  }
}

/** Lets virtual time pass while the test waits. */
class AsyncRun {
  readonly #run: Run;
  readonly #timers: VirtualTimers;
  // The callers that wait until nothing is due.
  readonly #flushes: (() => void)[] = [];

  constructor(run: Run, timers: VirtualTimers) {
    this.#run = run;
    this.#timers = timers;
  }

  async conduct<T>(body: (helpers: AsyncMarbleHelpers) => T): Promise<Awaited<T>> {
    const settled: { outcome?: () => Awaited<T> } = {};
    this.#begin(body).then(
      (value) => {
        settled.outcome = () => value;
      },
      (error: unknown) => {
        settled.outcome = () => {
          throw error;
        };
      },
    );
    await everyMacrotask(() => this.#turn());
    const value = settled.outcome?.();
    this.#run.clock.flush();
    this.#run.verify(ADVICE);
    if (settled.outcome === undefined) {
      throw this.#run.fail([{ lines: [STUCK] }]);
    }
    return value as Awaited<T>; // It has ended.
  }

  // Async, so that an error that the body throws at once becomes a rejection.
  async #begin<T>(body: (helpers: AsyncMarbleHelpers) => T): Promise<Awaited<T>> {
    const { clock } = this.#run;
    const rx: Rx = (ask) => clock.still(() => clock.run(ask));
    return await body({
      ...this.#run.helpers(rx),
      animate: (marbles) => rx(() => this.#timers.animate(marbles)),
      flush: () => this.#flush(),
    });
  }

  /** Runs one callback. Returns false if there is none, and no code waits for one. */
  #turn(): boolean {
    const { clock } = this.#run;
    if (clock.threw !== undefined) {
      return false;
    }
    if (clock.step()) {
      return true;
    }
    const flushes = this.#flushes.splice(0);
    flushes.forEach((flushed) => flushed());
    return flushes.length > 0;
  }

  async #flush(): Promise<void> {
    await new Promise<void>((resolve) => this.#flushes.push(resolve));
    this.#run.check();
  }
}

const ADVICE =
  'Virtual time does not wait for what is real: no timer is left that could settle it. ' +
  'Give the test a promise that a virtual timer settles, or end the call.';
const STUCK =
  'The test itself still waits for a promise, and nothing is due that could settle it. ' +
  'Virtual time does not wait for what is real.';
