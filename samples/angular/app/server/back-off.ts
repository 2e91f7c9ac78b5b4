// Asks again after a failure. Watch for: it is RxJS's retry. A call is an Observable, so every operator works on it. A cancel
// reaches a call that waits for its next try like any other call.
import { retry, timer, type MonoTypeOperatorFunction } from 'rxjs';

import { ServerError } from './request.ts';

/** A try that failed, and when the next one comes. */
export interface Setback {
  readonly error: Error;
  /** How many have failed in a row. */
  readonly times: number;
  readonly ms: number;
}

export interface Patience {
  /** How many setbacks in a row are borne. Default: 4 */
  readonly count?: number;
  /** Told of each of them. */
  readonly tell?: (setback: Setback) => void;
}

/** Subscribes again when the server is in trouble: soon at first, then later and later. Other errors pass. */
export function backOff<T>({ count = 4, tell }: Patience = {}): MonoTypeOperatorFunction<T> {
  return retry({
    count,
    resetOnSuccess: true,
    delay: (error: Error, times) => {
      if (error instanceof ServerError && error.status < 500) {
        throw error;
      }
      const ms = Math.min(250 * 2 ** (times - 1), 8000);
      tell?.({ error, times, ms });
      return timer(ms);
    },
  });
}
