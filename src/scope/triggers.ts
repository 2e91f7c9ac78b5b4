import type { Subscription, TimeoutError } from 'rxjs';

import { Cancellation } from '../execution/cancellation.ts';
import { onAbort } from '../execution/on-abort.ts';
import { afterTime, outOfTime } from '../execution/time.ts';
import { titleOf, type CheckedOptions } from './options.ts';

/** What cancels a scope from outside: its time limit, and the signal that it was given. Gone at every kind of end. */
export class Triggers {
  readonly #timer: Subscription | undefined;
  readonly #signal: AbortSignal | undefined;
  // Takes back the listener of the signal.
  readonly #unhear: (() => void) | undefined;

  constructor(
    { timeout: ms, signal, name }: Pick<CheckedOptions<unknown>, 'timeout' | 'signal' | 'name'>,
    expired: (error: TimeoutError) => void,
    aborted: (cancellation: Cancellation) => void,
  ) {
    this.#signal = signal;
    this.#unhear = signal && onAbort(signal, () => aborted(cancellationBy(signal)));
    if (ms !== undefined) {
      this.#timer = afterTime(ms, outOfTime(titleOf(name), ms), expired);
    }
  }

  /** The cancel by the signal, if `error` is its abort: whoever failed with that has heard of it first. */
  abortedWith(error: unknown): Cancellation | undefined {
    const cancellation = this.#signal?.aborted === true ? cancellationBy(this.#signal) : undefined;
    return cancellation?.comesBackAs(error) === true ? cancellation : undefined;
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

/** The cancel by a signal that has aborted. */
export function cancellationBy(signal: AbortSignal): Cancellation {
  const cancellation = new Cancellation(signal.reason);
  cancellation.signals();
  return cancellation;
}
