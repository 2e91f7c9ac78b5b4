import { startStackAt } from '../execution/errors.ts';
import { Waitable } from '../result/waitable.ts';
import { checkBody, Run, type CommonHelpers } from './run.ts';

/**
 * The tools that {@link runMarbles} gives to a test.
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
  /** Runs everything that is due, however late, and checks the expectations so far. The end of the test does so, too. */
  flush: () => void;
}

/**
 * Runs a test in virtual time, synchronously. RxJS's timers are on its clock, and so are `sleep`, timeouts and the times of
 * events. The clock jumps from one timer to the next, and `block()` advances it. Diagrams are read as in RxJS's
 * `TestScheduler.run`.
 *
 * If `body` throws, it throws that error. If an expectation does not hold, it throws an error that draws the expected diagram
 * above the actual one. If something still runs in a scope, it throws an error that names that. It needs no test framework, and
 * works in each. It returns the value that `body` returns.
 *
 * Native promises do not run on a virtual clock, so a call that waits for one fails the test. Write the call as a coroutine
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
  checkBody(body, runMarbles);
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
