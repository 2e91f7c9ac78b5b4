import { NEVER, timeout, type Subscription, type TimeoutError } from 'rxjs';

import { enter, OUTSIDE } from './current.ts';

/** RxJS's own timer and error, so that it obeys virtual time. Nobody's code runs when it fires. */
export function timeLimit(ms: number, expired: (error: TimeoutError) => void): Subscription {
  return NEVER.pipe(timeout(ms)).subscribe({
    error: (error: TimeoutError) => {
      const outer = enter(OUTSIDE);
      expired(error);
      enter(outer);
    },
  });
}
