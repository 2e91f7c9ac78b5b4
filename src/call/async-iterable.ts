import type { Driver, Host } from './driver.ts';
import { answerOf } from './frame.ts';
import { iteratorOfStream } from './streams.ts';
import { unwatch, watch, type Untold } from '../execution/abandon.ts';
import { captureContext, runIn, type Context } from '../execution/context.ts';
import type { Need } from '../execution/need.ts';
import { earsOf, listen, type Ears, type Listener } from './promise.ts';

/**
 * An async iterable, pulled value by value, when its reader has room. After a cancel it is told like an asynchronous function.
 * Then its `return()` is called and waited for: between two values that reaches a generator at once; otherwise it queues behind
 * the `next()`, but for that of a stream.
 */
export class AsyncIterableDriver<T> implements Driver, Untold, Listener<IteratorResult<T>> {
  readonly #host: Host<T>;
  readonly #iterable: AsyncIterable<T>;
  #iterator: AsyncIterator<T> | undefined;
  // It hears of a cancel also while it is pulled.
  #hearsReturn = false;
  // The context of its code, in which each value is asked for.
  #inside: Context | undefined;
  // One of each for all values.
  readonly #next = () => (this.#iterator as AsyncIterator<T>).next(); // Asked for when there is an iterator.
  readonly #ears = earsOf<IteratorResult<T>>(this);
  readonly #whenRead = () => this.#goOn();
  // A `next()`, or after a cancel a `return()`, that has not settled.
  #pulling = false;
  #returning = false;

  constructor(host: Host<T>, iterable: AsyncIterable<T>) {
    this.#host = host;
    this.#iterable = iterable;
  }

  get asynchronous(): boolean {
    return true;
  }

  get need(): Need | undefined {
    return this.#pulling || this.#returning ? this.#host.onlyAwait : undefined;
  }

  get atPromise(): boolean {
    return this.#pulling || this.#returning;
  }

  begin(): void {
    try {
      this.#iterator = this.#host.runCode(() => {
        this.#inside = captureContext();
        const ofStream = iteratorOfStream(this.#iterable);
        this.#hearsReturn = ofStream !== undefined;
        return ofStream ?? this.#iterable[Symbol.asyncIterator]();
      });
    } catch (error) {
      this.#host.fail(error);
      return;
    }
    this.#goOn();
  }

  #pull(): void {
    this.#pulling = true;
    this.#ask(this.#next, this.#ears);
  }

  fulfilled(result: IteratorResult<T>): void {
    this.#pulling = false;
    if (!this.#running()) {
      this.#host.markTold();
      this.#unwound();
      return;
    }
    let answer: IteratorResult<T>;
    try {
      answer = answerOf(result);
    } catch (error) {
      this.#host.fail(error);
      return;
    }
    if (answer.done === true) {
      this.#host.complete();
    } else {
      this.#host.next(answer.value);
      this.#goOn();
    }
  }

  rejected(error: unknown): void {
    this.#pulling = false;
    this.#failed(error);
  }

  #ask<R>(call: () => R | PromiseLike<R>, ears: Ears<R>): void {
    let answer: R | PromiseLike<R>;
    try {
      answer = runIn(this.#inside, this.#host.enterCode<R | PromiseLike<R>>, this.#host, call);
    } catch (error) {
      answer = Promise.reject(error); // Whatever the value is, it is passed on as it is.
    }
    listen(answer, ears);
  }

  /** Pulls the next value as soon as its reader has room for it. */
  #goOn(): void {
    const { room } = this.#host;
    if (!this.#running() || this.#pulling) {
      return;
    }
    if (room === undefined || room.free) {
      this.#pull();
    } else {
      room.whenRead(this.#whenRead);
    }
  }

  #failed(error: unknown): void {
    if (this.#running()) {
      this.#host.fail(error);
    } else {
      this.#host.unwindFailed(error);
      this.#unwound();
    }
  }

  #running(): boolean {
    return this.#host.phase === 'running';
  }

  unwind(): void {
    this.#host.interrupt();
    const iterator = this.#iterator;
    if (!this.#pulling || this.#hearsReturn) {
      this.#host.markTold(); // It stands at a `yield`, where return() reaches it; or it is a stream, which that ends.
    }
    if (iterator?.return !== undefined) {
      this.#return(() => iterator.return?.());
    }
    this.unshielded();
    this.#unwound();
  }

  unshielded(): void {
    if (this.#pulling && !this.#host.told && !this.#host.knows && !this.#host.shielded) {
      watch(this);
    }
  }

  #return(call: () => unknown): void {
    this.#returning = true;
    const listener: Listener<unknown> = {
      fulfilled: () => {
        this.#returning = false;
        this.#unwound();
      },
      rejected: (error) => {
        this.#returning = false;
        this.#failed(error);
      },
    };
    this.#ask(call, earsOf(listener));
  }

  /** It is over when both have settled. Before `unwind()` neither counts. */
  #unwound(): void {
    if (this.#pulling || this.#returning || this.#host.phase !== 'unwinding') {
      return;
    }
    unwatch(this);
    this.#host.over();
  }

  abandonUnlessTold(): void {
    if (!this.#host.told && this.#pulling && !this.#host.shielded) {
      this.#host.abandon();
    }
  }
}
