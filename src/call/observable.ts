import { from, Observable, type ObservableInput, type Subscriber } from 'rxjs';

import { runInCopy } from '../execution/context.ts';
import type { Driver, Host } from './driver.ts';
import { together } from '../execution/queue.ts';

/**
 * Waits for an Observable, and passes on its values until it is unsubscribed.
 *
 * It catches its subscriber before it subscribes the source. So a cancel from within the first, synchronous segment of the source
 * reaches it. A teardown at that time, or after a synchronous end, still reports to the host until `subscribe` returns.
 *
 * Coroutines that wait for it go on when it has been torn down. Otherwise they could make it fail when no subscriber is left.
 */
export class ObservableDriver<T> implements Driver {
  readonly #host: Host<T>;
  readonly #input: ObservableInput<T>;
  #subscriber: Subscriber<T> | undefined;
  #subscribing = false;
  // It ended, or was cancelled, while it was being subscribed.
  #ended = false;
  #stopped = false;

  constructor(host: Host<T>, input: ObservableInput<T>) {
    this.#host = host;
    this.#input = input;
  }

  begin(): void {
    this.#subscribing = true;
    try {
      this.#host.runCode(() => runInCopy(undefined, () => this.#subscribe()));
    } catch (error) {
      // A teardown that RxJS ran at once, because the source had ended before it was returned.
      this.#host.cleanupFailed(error);
    }
    this.#subscribing = false;
    if (this.#ended) {
      runInCopy(this.#host.context, () => this.#tearDown());
      this.#host.tornDown();
    }
    if (this.#stopped) {
      this.#host.release();
    }
  }

  #subscribe(): void {
    new Observable<T>((subscriber) => {
      this.#subscriber = subscriber;
      this.#hearLate(subscriber);
      return from(this.#input).subscribe(subscriber);
    }).subscribe({
      next: (value) => this.#host.next(value),
      error: (error: unknown) => this.#fail(error),
      complete: () => this.#end(() => this.#host.completeThen()),
    });
  }

  /**
   * If a source has ended before its subscription was returned, RxJS gives an error of its teardown to a subscriber that has
   * stopped, which drops it. So while the source is being subscribed, an error after the end counts as one of the cleanup.
   */
  #hearLate(subscriber: Subscriber<T>): void {
    const error = subscriber.error.bind(subscriber);
    // First a constant: see `whenCleanedUp`.
    const hear = (reason: unknown): void => {
      if (this.#subscribing && this.#ended) {
        this.#host.cleanupFailed(reason);
      } else {
        error(reason);
      }
    };
    subscriber.error = hear;
  }

  #fail(error: unknown): void {
    if (this.#host.phase === 'running') {
      this.#end(() => this.#host.failThen(error));
    } else {
      this.#host.unwindFailed(error); // It is about to be torn down, and its consumer has stopped listening.
    }
  }

  #end(tell: () => void): void {
    if (this.#host.phase !== 'running') {
      return;
    }
    this.#ended = this.#subscribing;
    together({
      proceed: () => {
        tell();
        if (!this.#ended) {
          this.#host.runCode(() => runInCopy(undefined, () => this.#tearDown()));
          this.#host.tornDown();
        }
      },
    });
  }

  #tearDown(): void {
    try {
      this.#subscriber?.unsubscribe();
    } catch (error) {
      this.#host.cleanupFailed(error);
    }
  }

  stop(): void {
    if (this.#subscribing) {
      this.#stopped = true;
      this.#host.hold();
    }
    runInCopy(this.#host.context, () => this.#tearDown());
  }

  unwind(): void {
    this.#host.over();
  }
}
