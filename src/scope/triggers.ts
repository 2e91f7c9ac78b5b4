import { NEVER, timeout, type Subscription, type TimeoutError } from 'rxjs';

import { outside } from '../execution/current-call.ts';
import { startStackAt } from '../execution/errors.ts';
import { onAbort } from '../execution/on-abort.ts';

/** What cancels a scope from outside: its time limit, and the signal that it was given. Gone at every kind of end. */
export class Triggers {
  readonly #timer: Subscription | undefined;
  // Takes back the listener of the signal.
  readonly #unhear: (() => void) | undefined;

  constructor(
    ms: number | undefined,
    title: string,
    expired: (error: TimeoutError) => void,
    signal: AbortSignal | undefined,
    aborted: () => void,
  ) {
    this.#unhear = signal && onAbort(signal, aborted);
    if (ms !== undefined) {
      // RxJS's own timer and error, so that it obeys virtual time. Nobody's code runs when it fires.
      this.#timer = NEVER.pipe(timeout(ms)).subscribe({
        error: (error: TimeoutError) => outside(() => expired(explained(error, title, ms))),
      });
    }
  }

  /** Its timer goes on. */
  get ticking(): boolean {
    return this.#timer?.closed === false;
  }

  remove(): void {
    this.#timer?.unsubscribe();
    this.#unhear?.();
  }
}

/** RxJS says that a time is out, but not whose. */
function explained(error: TimeoutError, title: string, ms: number): TimeoutError {
  error.message = `${title} has run out of time: its "timeout" is ${ms} ms.`;
  return startStackAt(error, explained);
}
