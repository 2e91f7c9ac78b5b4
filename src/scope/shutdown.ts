import type { Subscription } from 'rxjs';

import { Cancellation } from '../execution/cancellation.ts';
import { checkOptions } from '../execution/check-options.ts';
import { startStackAt } from '../execution/errors.ts';
import { afterTime, milliseconds } from '../execution/time.ts';
import type { Child } from './child.ts';
import { cancelAll } from './children.ts';
import { titleOf } from './options.ts';

/**
 * The options of {@link AsyncScope.shutdown}.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep, type ShutdownOptions } from 'async-tamer';
 *
 * const patience: ShutdownOptions = { timeout: 10 };
 * const scope = new AsyncScope();
 * const result = scope.start(sleep(60_000));
 * await scope.shutdown(patience);
 * console.log(result.status, scope.cancelled);
 * // => cancelled true
 * ```
 */
export interface ShutdownOptions {
  /** After this many ms, what still runs is cancelled. Default: it may finish, however long that takes. */
  timeout?: number | undefined;
}

/** The time limit of a shutdown. Throws a `TypeError` at the caller of `entry` for a wrong option. */
export function checkShutdown(options: ShutdownOptions, entry: unknown): number | undefined {
  checkOptions('AsyncScope.shutdown()', options, ['timeout'], entry);
  try {
    return milliseconds('timeout', options.timeout);
  } catch (error) {
    throw startStackAt(error as TypeError, entry); // Thrown there.
  }
}

/** The scope that ends. */
interface Owner {
  readonly places: { dropQueue(): Child[] } | undefined;
  stop(cancellation: Cancellation): void;
}

/** An orderly end of a scope: nothing begins any more, and what runs has a limited time. */
export class Shutdown {
  /** The reason why nothing begins. */
  readonly refusal = new Cancellation();
  readonly #owner: Owner;
  readonly #timers: Subscription[] = [];

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Drops the queue. If called again, the shortest time limit counts. `name` is the name of the scope. */
  begin(ms: number | undefined, name: string): void {
    if (ms !== undefined) {
      const message = `${titleOf(name)} has not finished within the ${ms} ms of its shutdown.`;
      this.#timers.push(afterTime(ms, message, (error) => this.#owner.stop(new Cancellation(error))));
    }
    cancelAll(this.#owner.places?.dropQueue() ?? [], this.refusal);
  }

  /** The scope is cancelled, or has closed. */
  over(): void {
    this.#timers.splice(0).forEach((timer) => timer.unsubscribe());
  }
}
