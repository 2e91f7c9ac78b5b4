import { Execution } from '../execution/execution.ts';
import { begins } from '../execution/queue.ts';
import type { CancelledError } from '../execution/errors.ts';
import { reportUnhandled } from '../execution/unhandled.ts';
import type { PendingAwait } from '../execution/owned.ts';
import type { Room, Sink } from '../execution/sink.ts';

/** The execution of a call, or a place among the waiters of a result. */
interface Source {
  begin(): void;
  drop?(): void;
  reached?(): void;
}

interface Request<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/**
 * A `for await` over a call or result. It keeps each emitted value until the loop asks for it. A source that can wait makes a
 * value only when there is room. The code of the loop waits for the source from the first `next()` to the last, so cancelling
 * that code ends the source also between two values.
 *
 * Invariant: values and requests are never both kept: one of the two lists is empty.
 */
export class CallIterator<T> implements AsyncIterableIterator<T, undefined>, PendingAwait, Room {
  readonly #owner: Execution | undefined;
  readonly #openSource: (sink: Sink<T>) => Source;
  readonly #values: T[] = [];
  readonly #requests: Request<T>[] = [];
  #source: Source | undefined;
  // The code that makes the values. It waits for the loop to take one.
  #producer: (() => void) | undefined;
  // How the source ended, for the requests to come. A failure is told once; after that the loop is done.
  #end: { error?: unknown } | undefined;
  // It has ended by a cancel of the code of the loop.
  #cancelled = false;

  constructor(owner: Execution | undefined, openSource: (sink: Sink<T>) => Source) {
    this.#owner = owner;
    this.#openSource = openSource;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const owner = this.#owner;
    if (owner?.member?.parked === true) {
      return new Promise(() => undefined); // The same as for an await of it.
    }
    if (owner?.refuses() === true) {
      return new Promise((_resolve, reject) => owner.refuse(reject));
    }
    if (this.#values.length > 0) {
      const value = this.#values.shift() as T; // The list is not empty, so this is a T.
      this.#read();
      return Promise.resolve({ done: false, value });
    }
    if (this.#end !== undefined) {
      return this.#ended(this.#end);
    }
    return new Promise((resolve, reject) => {
      this.#requests.push({ resolve, reject });
      this.#open();
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    const execution = this.inner;
    if (execution !== undefined && !this.#cancelled && this.#end !== undefined && 'error' in this.#end) {
      // The call failed while the loop was busy, and the loop was left before it could hear of it.
      this.#report(this.#end.error);
    }
    this.#values.length = 0;
    this.#finish({});
    execution?.teardown();
    this.drop();
    return execution?.isEnded() === false
      ? new Leaving(execution, this.#owner).promise
      : Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get kept(): number {
    return this.#values.length;
  }

  get free(): boolean {
    return this.#values.length === 0;
  }

  whenRead(listener: () => void): void {
    this.#producer = listener;
  }

  #read(): void {
    const producer = this.#producer;
    this.#producer = undefined;
    producer?.();
  }

  get waiting(): boolean {
    return this.#requests.length > 0;
  }

  get inner(): Execution | undefined {
    return this.#source instanceof Execution ? this.#source : undefined;
  }

  drop(): void {
    this.#source?.drop?.();
  }

  reject(error: CancelledError): void {
    this.#values.length = 0;
    this.#cancelled = true;
    this.#finish({ error });
  }

  #open(): void {
    if (this.#source !== undefined) {
      return;
    }
    this.#source = this.#openSource({
      defers: true,
      room: this,
      next: (value) => this.#emit(value),
      error: (error) => this.#finish({ error }),
      complete: () => this.#finish({}),
    });
    this.#owner?.remember(this);
    const { inner } = this;
    if (inner === undefined) {
      this.#source.begin();
      return;
    }
    inner.ownContext();
    if (!begins.enter({ proceed: () => inner.begin() })) {
      inner.keepContext();
    }
  }

  #emit(value: T): void {
    const request = this.#requests.shift();
    if (request === undefined) {
      this.#values.push(value);
    } else {
      request.resolve({ done: false, value });
    }
  }

  #finish(end: { error?: unknown }): void {
    this.#owner?.forget(this);
    this.#end = end;
    for (const request of this.#requests.splice(0)) {
      this.#ended(this.#end).then(
        (result) => request.resolve(result),
        (error: unknown) => request.reject(error),
      );
    }
  }

  #report(error: unknown): void {
    if (this.#owner === undefined) {
      reportUnhandled(error);
    } else {
      this.#owner.cleanupFailed(error);
    }
  }

  #ended(end: { error?: unknown }): Promise<IteratorResult<T, undefined>> {
    this.#end = {};
    if ('error' in end) {
      this.#source?.reached?.();
      this.#owner?.hasReceived(end.error, this.#source?.reached !== undefined);
    }
    return 'error' in end ? Promise.reject(end.error) : Promise.resolve({ done: true, value: undefined });
  }
}

/**
 * A loop has been left, and waits for the cleanup of its call. If its code is cancelled meanwhile, that code is told here, when the
 * cleanup is over.
 */
class Leaving implements PendingAwait {
  readonly waiting = true;
  readonly inner = undefined;
  readonly promise: Promise<IteratorResult<never, undefined>>;
  readonly #execution: Execution;
  readonly #owner: Execution | undefined;
  #reject: (error: CancelledError) => void = () => undefined;
  #cancelled = false;

  constructor(execution: Execution, owner: Execution | undefined) {
    this.#execution = execution;
    this.#owner = owner;
    this.promise = new Promise((resolve, reject) => {
      this.#reject = reject;
      owner?.remember(this);
      execution.whenCleanedUp(() => {
        if (!this.#cancelled) {
          owner?.forget(this);
          resolve({ done: true, value: undefined });
        }
      });
    });
    this.promise.catch(() => undefined); // Code that leaves a loop by hand may not wait for that.
  }

  drop(): void {
    const owner = this.#owner;
    if (owner?.phase === 'stopping') {
      this.#cancelled = true;
      owner.hold();
      this.#execution.whenCleanedUp(() => owner.release());
    }
  }

  reject(error: CancelledError): void {
    if (this.#cancelled) {
      this.#reject(error);
    }
  }
}
