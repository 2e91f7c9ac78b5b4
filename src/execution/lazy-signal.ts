import type { Cancellation } from './cancellation.ts';

/** An abort signal that is made when somebody first asks for it: most never do. */
export class LazySignal {
  #controller: AbortController | undefined;

  /** The signal, of what has been cancelled for this reason, if at all. */
  get(cancellation: Cancellation | undefined): AbortSignal {
    this.#controller ??= controller();
    if (cancellation !== undefined) {
      this.abort(cancellation);
    }
    return this.#controller.signal;
  }

  /** Whether there was a signal to abort. */
  abort(cancellation: Cancellation): boolean {
    if (this.#controller !== undefined) {
      cancellation.signals();
    }
    this.#controller?.abort(cancellation.cause);
    return this.#controller !== undefined;
  }
}

/** What is done with each signal, to which everybody may listen. `blocking` says what Node needs; a browser needs nothing. */
export const signals: { prepare?: (signal: AbortSignal) => void } = {};

function controller(): AbortController {
  const made = new AbortController();
  signals.prepare?.(made.signal);
  return made;
}
