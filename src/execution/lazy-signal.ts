import type { Cancellation } from './cancellation.ts';

/** An abort signal that is made at the first use; most are never asked for. */
export class LazySignal {
  #controller: AbortController | undefined;

  /** The signal. If `cancellation` is given, it has aborted. */
  get(cancellation: Cancellation | undefined): AbortSignal {
    this.#controller ??= controller();
    if (cancellation !== undefined) {
      this.abort(cancellation);
    }
    return this.#controller.signal;
  }

  /** Aborts the signal, if it has been made. Returns whether it had. */
  abort(cancellation: Cancellation): boolean {
    if (this.#controller !== undefined) {
      cancellation.signals();
    }
    this.#controller?.abort(cancellation.cause);
    return this.#controller !== undefined;
  }
}

/** Prepares each new signal for any number of listeners. `blocking` says what Node needs for that; a browser needs nothing. */
export const signals: { prepare?: (signal: AbortSignal) => void } = {};

function controller(): AbortController {
  const made = new AbortController();
  signals.prepare?.(made.signal);
  return made;
}
