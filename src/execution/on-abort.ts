import { outside } from './current-call.ts';
import { reportUnhandled } from './unhandled.ts';

/**
 * The listeners of one foreign signal. They share one listener of the platform, however many scopes share the signal: Node
 * warns of a leak at the eleventh, and removing one takes longer the more there are.
 */
class Listeners {
  readonly #signal: AbortSignal;
  readonly #all = new Set<() => void>();
  readonly #tell = (): void => {
    for (const aborted of [...this.#all]) {
      // A listener that was called before may have removed it.
      if (this.#all.delete(aborted)) {
        tell(aborted);
      }
    }
    this.#leave();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#tell);
  }

  add(aborted: () => void): void {
    this.#all.add(aborted);
  }

  delete(aborted: () => void): void {
    if (this.#all.delete(aborted)) {
      this.#leave();
    }
  }

  #leave(): void {
    if (this.#all.size === 0 && bySignal.get(this.#signal) === this) {
      bySignal.delete(this.#signal);
      this.#signal.removeEventListener('abort', this.#tell);
    }
  }
}

const bySignal = new WeakMap<AbortSignal, Listeners>();

/** An error that one listener throws must not keep the next one from being called, as with listeners of the platform. */
function tell(aborted: () => void): void {
  try {
    aborted();
  } catch (error) {
    outside(() => reportUnhandled(error));
  }
}

/** Calls `aborted` once, when `signal` aborts; never, if the signal has aborted already. Returns a function that removes it. */
export function onAbort(signal: AbortSignal, aborted: () => void): () => void {
  let listeners = bySignal.get(signal);
  if (listeners === undefined) {
    listeners = new Listeners(signal);
    bySignal.set(signal, listeners);
  }
  const mine = (): void => aborted(); // The same function may be given twice.
  listeners.add(mine);
  return () => listeners.delete(mine);
}
