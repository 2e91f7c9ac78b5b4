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

interface EventsHost {
  process?: {
    getBuiltinModule?: (
      id: string,
    ) => { setMaxListeners?(limit: number, target: EventTarget): void } | undefined;
  };
}

/** One whose signal everybody may listen to: Node takes the eleventh listener for a leak, and says so. */
function controller(): AbortController {
  const made = new AbortController();
  // Not an import: bundlers for browsers must not see a Node module.
  const { process } = globalThis as EventsHost;
  process?.getBuiltinModule?.('node:events')?.setMaxListeners?.(0, made.signal);
  return made;
}
