import { NEVER, timeout, type Subscription, type TimeoutError } from 'rxjs';

import { Cancellation } from '../execution/cancellation.ts';
import { outside } from '../execution/current-call.ts';
import { startStackAt } from '../execution/errors.ts';
import { onAbort } from '../execution/on-abort.ts';
import { titleOf, type CheckedOptions } from './options.ts';

/**
 * Cancels a scope from outside: by its time limit, or by the signal that it was given. Removed when the scope ends, in whatever
 * way.
 */
export class Triggers {
  readonly #timer: Subscription | undefined;
  readonly #signal: AbortSignal | undefined;
  // Removes the listener from the signal.
  readonly #removeListener: (() => void) | undefined;

  constructor(
    { timeout: ms, signal, name }: Pick<CheckedOptions, 'timeout' | 'signal' | 'name'>,
    expired: (error: TimeoutError) => void,
    aborted: (cancellation: Cancellation) => void,
  ) {
    this.#signal = signal;
    this.#removeListener = signal && onAbort(signal, () => aborted(cancellationBy(signal)));
    if (ms !== undefined) {
      this.#timer = afterTime(
        ms,
        `${titleOf(name)} has run out of time: its "timeout" is ${ms} ms.`,
        expired,
      );
    }
  }

  /** The cancel by the signal, if `error` is the abort of that signal: the code that failed with it has noticed first. */
  abortedWith(error: unknown): Cancellation | undefined {
    const cancellation = this.#signal?.aborted === true ? cancellationBy(this.#signal) : undefined;
    return cancellation?.comesBackAs(error) === true ? cancellation : undefined;
  }

  /** Whether its timer is running. */
  get ticking(): boolean {
    return this.#timer?.closed === false;
  }

  remove(): void {
    this.#timer?.unsubscribe();
    this.#removeListener?.();
  }
}

/** A cancel by a signal that has aborted. */
export function cancellationBy(signal: AbortSignal): Cancellation {
  const cancellation = new Cancellation(signal.reason);
  cancellation.signals();
  return cancellation;
}

/**
 * Calls `expired` after `ms`. It uses RxJS's own timer and error, so that it obeys virtual time. RxJS's message does not name
 * the scope, so `message` replaces it.
 */
export function afterTime(ms: number, message: string, expired: (error: TimeoutError) => void): Subscription {
  return NEVER.pipe(timeout(ms)).subscribe({
    error: (error: TimeoutError) => {
      error.message = message;
      startStackAt(error, afterTime);
      outside(() => expired(error)); // No call's code runs when the timer fires.
    },
  });
}
