import type { Subscriber } from 'rxjs';

import { runIn } from '../execution/context.ts';
import { enter, OUTSIDE } from '../execution/current-call.ts';
import { CancelledError, isInstance } from '../execution/errors.ts';
import type { Execution } from '../execution/execution.ts';
import { flatten, reportUnhandled } from '../execution/unhandled.ts';
import type { Sink } from '../execution/sink.ts';

/**
 * Tells an RxJS subscriber. Its code runs as code of the execution that subscribed, so what an operator subscribes in
 * answer (`retry`, `concatMap`, `repeat`) belongs to the same child.
 */
export class SubscriberSink<T> implements Sink<T> {
  readonly #subscriber: Subscriber<T>;
  readonly #owner: Execution | undefined;
  /** The call that was subscribed, if the source is one. */
  execution: Execution | undefined;

  constructor(subscriber: Subscriber<T>, owner: Execution | undefined) {
    this.#subscriber = subscriber;
    this.#owner = owner;
  }

  next(value: T): void {
    this.#tell(() => this.#subscriber.next(value));
  }

  error(error: unknown): void {
    this.#tell(() => this.#subscriber.error(error));
    // An error closes it. It had stopped before: an operator that completes downstream has not torn this down yet.
    if (!this.#subscriber.closed && !isInstance(error, CancelledError)) {
      this.#lost(error);
    }
  }

  complete(): void {
    this.#tell(() => this.#subscriber.complete());
  }

  #tell(notify: () => void): void {
    if (this.#subscriber.closed) {
      return; // RxJS would report it as a notification after the end.
    }
    const outer = enter(this.#owner ?? OUTSIDE);
    const member = this.#owner?.member;
    member?.hold(false); // An operator goes on after its consumer has cancelled the scope, if only to tear down.
    try {
      runIn((this.execution ?? this.#owner)?.context, notify, undefined);
    } catch (error) {
      // A teardown has thrown. RxJS lets such an error out of a notification that ends a subscriber, unless that subscriber is
      // the outermost.
      this.#lost(error);
    } finally {
      enter(outer);
      member?.release();
    }
  }

  #lost(error: unknown): void {
    if (this.#owner === undefined) {
      flatten(error).forEach(reportUnhandled);
    } else {
      this.#owner.cleanupFailed(error);
    }
  }
}
