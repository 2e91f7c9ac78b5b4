import { NEVER, timeout, type Subscription, type TimeoutError } from 'rxjs';

import { outside } from './current.ts';

/** RxJS's own timer and error, so that it obeys virtual time. Nobody's code runs when it fires. */
export function timeLimit(ms: number, expired: (error: TimeoutError) => void): Subscription {
  return NEVER.pipe(timeout(ms)).subscribe({
    error: (error: TimeoutError) => outside(() => expired(error)),
  });
}
