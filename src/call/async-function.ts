import type { Driver, Host } from './driver.ts';
import { unwatch, watch, type Untold } from '../execution/abandon.ts';
import type { Need } from '../execution/need.ts';
import { earsOf, listen, type Ears, type Hearing, type Listener } from './promise.ts';

/**
 * The promise of an asynchronous function. After a cancel the function is told at the tamed await at which it stands, by its
 * abort signal, or at its next tamed await. If nothing can tell it, the library lets it go.
 */
export class AsyncFunctionDriver<T> implements Driver, Listener<T>, Untold {
  readonly #host: Host<T>;
  readonly #promise: PromiseLike<T>;
  readonly #ears: Ears<T>;
  #settled = false;

  constructor(host: Host<T>, promise: PromiseLike<T>, hearing?: Hearing<T>) {
    this.#host = host;
    this.#promise = promise;
    this.#ears = hearing?.earsFor?.(this) ?? earsOf(this);
  }

  get need(): Need | undefined {
    return this.#host.onlyAwait;
  }

  get atPromise(): boolean {
    return true;
  }

  begin(): void {
    listen(this.#promise, this.#ears);
  }

  fulfilled(value: T): void {
    this.#settle();
    this.#host.succeed(value);
  }

  rejected(error: unknown): void {
    this.#settle();
    this.#host.fail(error);
  }

  #settle(): void {
    this.#settled = true;
    unwatch(this);
  }

  unwind(): void {
    this.#host.interrupt();
    this.unshielded();
  }

  unshielded(): void {
    if (!this.#settled && !this.#host.told && !this.#host.knows && !this.#host.shielded) {
      watch(this);
    }
  }

  abandonUnlessTold(): void {
    if (!this.#host.told && !this.#host.shielded) {
      this.#host.abandon();
    }
  }
}
