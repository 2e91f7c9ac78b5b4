import { enter, OUTSIDE } from '../execution/current-call.ts';
import type { Sink } from '../execution/sink.ts';
import type { Waiter } from '../result/waitable.ts';

/**
 * Waits for a promise of other code. No code of ours stands behind it, so it needs no execution: a waiter that gives up its place
 * stops listening, and that is all.
 */
export class PromiseWaiter<T> implements Waiter {
  readonly #promise: PromiseLike<T>;
  // Undefined once it has been told, or has given up.
  #sink: Sink<T> | undefined;

  constructor(promise: PromiseLike<T>, sink: Sink<T>) {
    this.#promise = promise;
    this.#sink = sink;
  }

  get asynchronous(): boolean {
    return true;
  }

  get atPromise(): boolean {
    return true;
  }

  begin(): void {
    listen(this.#promise, earsOf(this));
  }

  drop(): void {
    this.#sink = undefined;
  }

  fulfilled(value: T): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.next(value);
    sink?.complete();
  }

  rejected(error: unknown): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.error(error);
  }
}

let rejecting = false;

/** Whether a promise is telling the library just now that it has rejected. */
export function inRejection(): boolean {
  return rejecting;
}

/** Receives the outcome of a promise. */
export interface Listener<T> {
  fulfilled(value: T): void;
  rejected(error: unknown): void;
}

/** The two functions that a promise calls when it settles. */
export interface Ears<T> {
  readonly fulfilled: (value: T) => void;
  readonly rejected: (error: unknown) => void;
}

/** Has ears that serve one listener after another, so that they need not be made for each. */
export interface Hearing<T> {
  earsFor?(listener: Listener<T>): Ears<T>;
}

/**
 * Ears for `listener`. They can serve one promise after another. When a promise settles, no call's code is running, whatever context
 * the runtime carries over from the place where the promise was made.
 *
 * They are bound, since each wait keeps them: two closures and the context that these share take half as much again.
 */
export function earsOf<T>(listener: Listener<T>): Ears<T> {
  return { fulfilled: hearValue.bind(listener), rejected: hearError.bind(listener) };
}

function hearValue(this: Listener<unknown>, value: unknown): void {
  const outer = enter(OUTSIDE);
  try {
    this.fulfilled(value);
  } finally {
    enter(outer);
  }
}

function hearError(this: Listener<unknown>, error: unknown): void {
  const outer = enter(OUTSIDE);
  rejecting = true;
  try {
    this.rejected(error);
  } finally {
    rejecting = false;
    enter(outer);
  }
}

/** Listens to a promise. */
export function listen<T>(input: T | PromiseLike<T>, { fulfilled, rejected }: Ears<T>): void {
  let promise: Promise<T>;
  try {
    promise = Promise.resolve(input);
  } catch (error) {
    promise = Promise.reject(error); // An error of its `then` is passed on as it is.
  }
  promise.then(fulfilled, rejected);
}
