import type { Subscription, TimeoutError } from 'rxjs';

import { Cancellation } from '../execution/cancellation.ts';
import { onAbort } from '../execution/on-abort.ts';
import { afterTime, outOfTime } from '../execution/time.ts';
import { titleOf, type CheckedOptions } from './options.ts';

/** The scope that it cancels. */
interface Owner {
  expired(error: TimeoutError): void;
  stop(cancellation: Cancellation): void;
}

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
    owner: Owner,
  ) {
    this.#signal = signal;
    this.#removeListener =
      signal &&
      onAbort(signal, () => {
        owner.stop(cancellationBy(signal));
        return undefined;
      });
    if (ms !== undefined) {
      this.#timer = afterTime(ms, outOfTime(titleOf(name), ms), (error) => owner.expired(error));
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
