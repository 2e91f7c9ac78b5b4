import { from, Observable, type ObservableInput, type Observer, type Subscriber } from 'rxjs';

import { runInCopy } from '../execution/context.ts';
import type { Driver, Host } from './driver.ts';
import { together, type Ready } from '../execution/queue.ts';

/**
 * Waits for an Observable, and passes on its values until it is unsubscribed.
 *
 * It catches its subscriber before it subscribes the source. So a cancel from within the first, synchronous segment of the source
 * reaches it. A teardown at that time, or after a synchronous end, still reports to the host until `subscribe` returns.
 *
 * Coroutines that wait for it go on when it has been torn down. Otherwise they could make it fail when no subscriber is left.
 */
export class ObservableDriver<T> implements Driver, Observer<T>, Ready {
  readonly #host: Host<T>;
  readonly #input: ObservableInput<T>;
  #subscriber: Subscriber<T> | undefined;
  #subscribing = false;
  // It ended, or was cancelled, while it was being subscribed.
  #ended = false;
  #stopped = false;
  // Set if it has failed, until that is told.
  #failure: { readonly error: unknown } | undefined;

  constructor(host: Host<T>, input: ObservableInput<T>) {
    this.#host = host;
    this.#input = input;
  }

  begin(): void {
    this.#subscribing = true;
    try {
      this.#host.runCode(() => runInCopy(undefined, this.#subscribe, this));
    } catch (error) {
      // A teardown that RxJS ran at once, because the source had ended before it was returned.
      this.#host.cleanupFailed(error);
    }
    this.#subscribing = false;
    if (this.#ended) {
      runInCopy(this.#host.context, this.#tearDown, this);
      this.#host.tornDown();
    }
    if (this.#stopped) {
      this.#host.release();
    }
  }

  // It is its own observer: three functions for each source, which may wait for long, would be as much as all of RxJS's part.
  #subscribe(): void {
    new Observable<T>((subscriber) => {
      this.#subscriber = subscriber;
      return from(this.#input).subscribe(subscriber);
    }).subscribe(this);
  }

  next(value: T): void {
    this.#host.next(value);
  }

  complete(): void {
    this.#end();
  }

  error(error: unknown): void {
    if (this.#host.phase === 'running') {
      this.#failure = { error };
      this.#end();
    } else {
      this.#host.unwindFailed(error); // It is about to be torn down, and its consumer has stopped listening.
    }
  }

  #end(): void {
    if (this.#host.phase !== 'running') {
      return;
    }
    if (this.#subscribing && this.#subscriber !== undefined) {
      this.#ended = true;
      this.#hearLate(this.#subscriber);
    }
    together(this);
  }

  /**
   * If a source has ended before its subscription was returned, RxJS gives an error of its teardown to a subscriber that has
   * stopped, which drops it. So until the source is subscribed, an error after the end counts as one of the cleanup.
   */
  #hearLate(subscriber: Subscriber<T>): void {
    const drop = subscriber.error.bind(subscriber);
    // First a constant: see `whenCleanedUp`.
    const hear = (error: unknown): void => {
      if (this.#subscribing) {
        this.#host.cleanupFailed(error);
      } else {
        drop(error);
      }
    };
    subscriber.error = hear;
  }

  proceed(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === undefined) {
      this.#host.completeThen();
    } else {
      this.#host.failThen(failure.error);
    }
    if (!this.#ended) {
      this.#host.runCode(() => runInCopy(undefined, this.#tearDown, this));
      this.#host.tornDown();
    }
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
    runInCopy(this.#host.context, this.#tearDown, this);
  }

  unwind(): void {
    this.#host.over();
  }
}
