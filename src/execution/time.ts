import {
  NEVER,
  Subscription,
  timeout,
  type SchedulerAction,
  type SchedulerLike,
  type TimeoutError,
} from 'rxjs';

import { outside } from './current-call.ts';
import { quote, startStackAt } from './errors.ts';

/** The longest delay that timers keep: about 24.8 days. More would fire at once. */
export const LONGEST = 2 ** 31 - 1;

/** A time limit, in which `Infinity` means none. Throws unless it is a time that a timer can keep. */
export function milliseconds(option: string, value: number | undefined): number | undefined {
  if (value === undefined || value === Infinity) {
    return undefined;
  }
  if (typeof value !== 'number' || !(value >= 0 && value <= LONGEST)) {
    throw new TypeError(
      `The option "${option}" is a time in ms, from 0 to ${LONGEST}, but got ${quote(value)}.`,
    );
  }
  return value;
}

/** The message for the code that has run out of time. */
export function outOfTime(title: string, ms: number): string {
  return `${title} has run out of time: its "timeout" is ${ms} ms.`;
}

/** RxJS's own timer and error, so that it obeys virtual time; but RxJS does not say whose time is out. */
export function afterTime(ms: number, message: string, expired: (error: TimeoutError) => void): Subscription {
  return expiring(timeout(ms), message, (error) => outside(() => expired(error))); // When the timer fires, it runs as the code of no call.
}

/** RxJS's own error, where no timer can fire; its constructor is not public. */
export function timeoutError(message: string): TimeoutError {
  let made: TimeoutError | undefined;
  expiring(timeout({ each: 0, scheduler: AT_ONCE }), message, (error) => (made = error));
  return made as TimeoutError; // The stack of the error begins at once.
}

function expiring(
  limit: ReturnType<typeof timeout<never>>,
  message: string,
  expired: (error: TimeoutError) => void,
): Subscription {
  return NEVER.pipe(limit).subscribe({
    error: (error: TimeoutError) => {
      error.message = message;
      expired(startStackAt(error, expiring));
    },
  });
}

const AT_ONCE: SchedulerLike = {
  now: () => 0,
  schedule(work, _delay, state) {
    const action = new Subscription() as SchedulerAction<typeof state>;
    (work as (this: typeof action, state?: unknown) => void).call(action, state);
    return action;
  },
};
