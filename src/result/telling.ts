import type { Link, Linked } from '../execution/linked.ts';
import { runReady, type Ready } from '../execution/queue.ts';
import type { Sink } from '../execution/sink.ts';

/** Is told of an end, once. */
interface Told<W> extends Link<W> {
  tell(): void;
}

// Those that are telling of an end at the moment, the innermost last.
const tellings: { tellRest(): void }[] = [];

/** Tells the waiters of a result of its end: those of this moment, each once. */
export class Telling<W extends Told<W>> implements Ready {
  readonly #waiters: Linked<W>;
  // A waiter that comes meanwhile is told by itself.
  readonly #untold: readonly W[];
  #next = 0;

  constructor(waiters: Linked<W>) {
    this.#waiters = waiters;
    this.#untold = waiters.all();
  }

  proceed(): void {
    tellings.push(this);
    try {
      this.tellRest();
    } finally {
      tellings.pop();
    }
  }

  tellRest(): void {
    while (this.#next < this.#untold.length) {
      const waiter = this.#untold[this.#next++] as W; // Within the list.
      if (this.#waiters.delete(waiter)) {
        waiter.tell();
      }
    }
  }
}

/**
 * To be called before a cancel. A handler that was told of a failure may cancel other waiters of the same failure that have not
 * been told yet. They hear of the failure first.
 */
export function finishTelling(): void {
  if (tellings.length > 0) {
    tellings.forEach((telling) => telling.tellRest());
    runReady();
  }
}

/** Tells the waiters of a result a value: those of this moment, each once. */
export class Round<T> {
  readonly #value: T;
  readonly #waiters: readonly { readonly sink: Sink<T> }[];
  #next = 0;

  constructor(value: T, waiters: readonly { readonly sink: Sink<T> }[]) {
    this.#value = value;
    this.#waiters = waiters;
  }

  /** Also while one of them is being told: those behind it hear of the value here. */
  tellRest(): void {
    for (let waiter = this.#waiters[this.#next]; waiter !== undefined; waiter = this.#waiters[this.#next]) {
      this.#next++;
      waiter.sink.next(this.#value);
    }
  }
}
