import { listen, type Driver, type Host } from './driver.ts';
import { unwatch, watch, type Untold } from './let-go.ts';

/**
 * The promise of an asynchronous function. Cancelled, the function is told at the tamed await at which it stands, by
 * its abort signal, or at its next tamed await; if nothing can tell it, it is let go.
 */
export class AsyncFunctionDriver<T> implements Driver, Untold {
  readonly atPromise = true;
  readonly #host: Host<T>;
  readonly #promise: PromiseLike<T>;
  #settled = false;

  constructor(host: Host<T>, promise: PromiseLike<T>) {
    this.#host = host;
    this.#promise = promise;
  }

  begin(): void {
    listen(
      () => this.#promise,
      (value) => {
        this.#settle();
        this.#host.succeed(value);
      },
      (error) => {
        this.#settle();
        this.#host.fail(error);
      },
    );
  }

  #settle(): void {
    this.#settled = true;
    unwatch(this);
  }

  unwind(): void {
    this.#host.interrupt();
    if (!this.#settled && !this.#host.told && !this.#host.knows) {
      watch(this);
    }
  }

  letGoUnlessTold(): void {
    if (!this.#host.told) {
      this.#host.abandon();
    }
  }
}

/** Somebody else's promise: no code here to interrupt, so a cancel means that nobody listens any longer. */
export class PromiseDriver<T> implements Driver {
  readonly atPromise = true;
  readonly #host: Host<T>;
  readonly #promise: PromiseLike<T>;

  constructor(host: Host<T>, promise: PromiseLike<T>) {
    this.#host = host;
    this.#promise = promise;
  }

  begin(): void {
    listen(
      () => this.#promise,
      (value) => this.#tell(() => this.#host.succeed(value)),
      (error) => this.#tell(() => this.#host.fail(error)),
    );
  }

  #tell(outcome: () => void): void {
    if (this.#host.phase === 'running') {
      outcome();
    }
  }

  unwind(): void {
    this.#host.over();
  }
}
