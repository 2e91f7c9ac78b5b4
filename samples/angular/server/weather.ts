// The state of the server: slow or quick, failing or not. Watch for: a change also reaches requests that already wait.
import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

import type { Conditions } from '../wire.ts';

/** The conditions, and what waits under them. */
export class Weather {
  #conditions: Conditions = { latencyMs: 800, failurePercent: 5 };
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);

  get conditions(): Conditions {
    return this.#conditions;
  }

  change(conditions: Partial<Conditions>): void {
    this.#conditions = { ...this.#conditions, ...conditions };
    this.#changes.emit('change');
  }

  /** Whether the request that asks is to fail. */
  strikes(): boolean {
    return Math.random() * 100 < this.#conditions.failurePercent;
  }

  /** Fulfils when a request that waits from here on is to be answered; rejects when `signal` aborts. */
  async pass(signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    const unequal = 0.7 + Math.random() * 0.6; // So that answers do not come in step.
    let rest: number;
    while ((rest = begin + this.#conditions.latencyMs * unequal - performance.now()) > 0) {
      await this.#timeOrChange(rest, signal);
    }
  }

  async #timeOrChange(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const options = { signal: AbortSignal.any([signal, over.signal]) };
    try {
      await Promise.race([setTimeout(ms, undefined, options), once(this.#changes, 'change', options)]);
    } finally {
      over.abort();
    }
  }
}
