import { asyncScheduler, NEVER, Observable } from 'rxjs';

import { isClockInstalled } from '../blocking/block.ts';
import { cutShort, timeLeft } from '../blocking/deadline.ts';
import { BlockingError, quote, startStackAt } from '../execution/errors.ts';
import { LONGEST } from '../execution/time.ts';
import type { TamedCall } from './call.ts';
import { tamed } from './tamed.ts';

const leaf = tamed({
  sync: function sleep(ms: number): void {
    if (isClockInstalled()) {
      tamed.from(timerOf(ms)).block();
    } else if (ms > 0) {
      park(ms);
    }
  },
  async: function sleep(ms: number): Observable<void> {
    return timerOf(ms);
  },
});

// RxJS's own timer, so that it obeys virtual time.
function timerOf(ms: number): Observable<void> {
  if (ms === Infinity) {
    return NEVER;
  }
  return new Observable((subscriber) =>
    asyncScheduler.schedule(
      () => {
        subscriber.next();
        subscriber.complete();
      },
      Math.max(0, ms),
    ),
  );
}

/** Lets the thread sleep. The thread of a page must not. */
function park(wanted: number): void {
  const ms = Math.min(wanted, timeLeft());
  if (ms === Infinity) {
    throw new BlockingError(
      'Cannot block on sleep(Infinity): it ends only when it is cancelled. Use "await".',
    );
  }
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    if (ms < wanted) {
      cutShort();
    }
  } catch (error) {
    throw new BlockingError('Cannot block on sleep() in a page: its thread must not sleep. Use "await".', {
      cause: error,
    });
  }
}

/**
 * Waits for `ms` milliseconds, and emits `undefined`. A negative number counts as 0; `Infinity` waits until it is cancelled. A
 * cancel clears the timer.
 *
 * It throws a `TypeError` at once if `ms` is no number, or more than a timer can hold (about 24.8 days).
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
