import { asyncScheduler, NEVER, Observable } from 'rxjs';

import { quote, startStackAt } from './errors.ts';
import type { TamedCall } from './call.ts';
import { LONGEST } from './options.ts';
import { tamed } from './tamed.ts';

const leaf = tamed({
  sync: function sleep(ms: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  },
  async: function sleep(ms: number): Observable<void> {
    if (ms === Infinity) {
      return NEVER;
    }
    // RxJS's own timer, so that it obeys virtual time.
    return new Observable((subscriber) =>
      asyncScheduler.schedule(
        () => {
          subscriber.next();
          subscriber.complete();
        },
        Math.max(0, ms),
      ),
    );
  },
});

/**
 * Waits for `ms` milliseconds, and emits `undefined`; a negative number is 0, `Infinity` waits until it is
 * cancelled. Cancelling clears the timer.
 *
 * Throws a `TypeError` at once if `ms` is no number, or more than a timer can hold (about 24.8 days).
 *
 * @example
 * ```ts
 * import { sleep } from 'async-tamer';
 *
 * await sleep(10);
 * console.log('10 ms later');
 * // => 10 ms later
 * ```
 */
export function sleep(ms: number): TamedCall<void> {
  if (typeof ms !== 'number' || Number.isNaN(ms) || (ms > LONGEST && ms !== Infinity)) {
    const error = new TypeError(
      `sleep() takes milliseconds, at most ${LONGEST} or Infinity, but got ${quote(ms)}.`,
    );
    throw startStackAt(error, sleep);
  }
  return leaf(ms);
}
