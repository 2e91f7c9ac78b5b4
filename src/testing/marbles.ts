import { startStackAt } from '../execution/errors.ts';
import { Waitable } from '../result/waitable.ts';
import { Run, type CommonHelpers } from './run.ts';

/**
 * What {@link runMarbles} gives to a test.
 *
 * @example
 * ```ts
 * import { timer } from 'rxjs';
 * import { sleep } from 'async-tamer';
 * import { runMarbles, type MarbleHelpers } from 'async-tamer/testing';
 *
 * function statusAfter({ scope, flush }: MarbleHelpers, ms: number) {
 *   const own = scope();
 *   const result = own.start(sleep(ms));
 *   timer(20).subscribe(() => own.cancel());
 *   flush();
 *   own.cancel();
 *   return result.status;
 * }
 * console.log(runMarbles((helpers) => [statusAfter(helpers, 10), statusAfter(helpers, 30)]));
 * // => [ 'succeeded', 'cancelled' ]
 * ```
 */
export interface MarbleHelpers extends CommonHelpers {
  /** Runs all that is due, however late, and looks at what was expected so far. The end of the test does so, too. */
  flush: () => void;
}

/**
 * Runs a test in virtual time, synchronously: RxJS's timers, and with them `sleep`, timeouts and the times of events, are on
 * its clock, which jumps from one to the next; `block()` advances it. Diagrams are read as in RxJS's `TestScheduler.run`.
 *
 * It throws what `body` throws; else an error that draws what was expected below what happened; else one that names what
 * still runs in a scope. It needs no test framework, and works in each. Returns what `body` returns.
 *
 * Native promises do not run on a virtual clock: a call that waits for one fails the test. Write it as a coroutine
 * (`function*`), or use {@link runMarblesAsync}.
 *
 * @example
 * ```ts
 * import { sleep, tamed } from 'async-tamer';
 * import { runMarbles } from 'async-tamer/testing';
 *
 * const later = tamed(function* later(ms: number) { yield* sleep(ms); return 'a'; });
 * runMarbles(({ scope, expectObservable, expectScope }) => {
 *   const own = scope();
 *   expectObservable(own.start(later(3))).toBe('---(a|)');
 *   expectScope(own).toBe(`
 *     later  ^--(a|)
 *     scope  ---|
 *   `);
 *   own.close();
 * });
 * ```
 */
export function runMarbles<T>(body: (helpers: MarbleHelpers) => T): T {
  const run = new Run(runMarbles);
  try {
    return run.clock.run((rx) => {
      try {
        return conduct(run, () => body({ ...run.helpers((ask) => ask(rx)), flush: () => flush(run) }));
      } catch (error) {
        const reason = run.reasonFor(error);
        run.abandon();
        throw reason;
      }
    });
  } finally {
    run.end();
  }
}

function conduct<T>(run: Run, body: () => T): T {
  const result = body();
  if (!(result instanceof Waitable) && isPromise(result)) {
    result.then(undefined, () => undefined);
    throw startStackAt(new TypeError(ASYNC_BODY), runMarbles);
  }
  run.clock.flush();
  run.verify(ADVICE);
  return result;
}

function flush(run: Run): void {
  run.clock.flush();
  run.check();
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

const ASYNC_BODY =
  'runMarbles() got an async function, and runs only to its first "await". Use "await runMarblesAsync(…)".';
const ADVICE =
  'Native promises do not run on a virtual clock: make it a coroutine (function*), or use "await runMarblesAsync(…)".';
