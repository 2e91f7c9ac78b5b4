import { cascade } from './cascade.ts';
import { atOnce, outside } from './current-call.ts';
import { reportUnhandled } from './unhandled.ts';

/** Called when a signal aborts. What it returns, the second half of what it does, runs when all listeners have been called. */
type Listener = () => (() => void) | undefined;

/**
 * The listeners of one foreign signal. What they cancel is cancelled as one: a child that waits for another one must not hear of
 * the cancel of that before its own, nor may a queued child have its turn in between. They share one listener of the platform,
 * however many scopes share the signal: Node warns of a leak at the eleventh, and removing one takes longer the more there are.
 */
class Listeners {
  readonly #signal: AbortSignal;
  readonly #all = new Set<Listener>();
  readonly #tell = (): void => {
    atOnce(() => cascade(() => this.#tellAll()));
    this.#leave();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#tell);
  }

  #tellAll(): void {
    const halves: (() => void)[] = [];
    for (const aborted of [...this.#all]) {
      // A listener that was called before may have removed it.
      const half = this.#all.delete(aborted) ? tell(aborted) : undefined;
      if (half !== undefined) {
        halves.push(half);
      }
    }
    halves.forEach(tell);
  }

  add(aborted: Listener): void {
    this.#all.add(aborted);
  }

  delete(aborted: Listener): void {
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
function tell<R>(listener: () => R): R | undefined {
  try {
    return listener();
  } catch (error) {
    outside(() => reportUnhandled(error));
    return undefined;
  }
}

/** Calls `aborted` once, when `signal` aborts; never, if the signal has aborted already. Returns a function that removes it. */
export function onAbort(signal: AbortSignal, aborted: Listener): () => void {
  let listeners = bySignal.get(signal);
  if (listeners === undefined) {
    listeners = new Listeners(signal);
    bySignal.set(signal, listeners);
  }
  const mine: Listener = () => aborted(); // The same function may be given twice.
  listeners.add(mine);
  return () => listeners.delete(mine);
}
