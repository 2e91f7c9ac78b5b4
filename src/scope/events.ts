import { asyncScheduler, Observable, type Subscriber } from 'rxjs';

import type { Child, Happening } from './child.ts';
import { enter, OUTSIDE, outside } from '../execution/current-call.ts';

/**
 * What happens to a child of a scope, as {@link AsyncScope.events$} tells it, by its `type`:
 *
 * - `queue`: it has to wait for its turn; `start`: its code is about to run
 * - `next`, with the `value` that it emits; `complete`; `error`, with the `error`
 * - `cancel`, with the `reason`; `cleanup`: what it left to clean up is over, where that took time
 * - `abandon`: the scope stopped waiting for a function of it, since nothing could tell the function of the cancel
 *
 * @example
 * ```ts
 * import { AsyncScope, tamed, type ScopeEvent } from 'async-tamer';
 *
 * const tell = (event: ScopeEvent) => {
 *   console.log(`${event.name} #${event.id}:`, event.type === 'next' ? event.value : event.type);
 * };
 * const scope = new AsyncScope();
 * scope.events$.subscribe(tell);
 * scope.start(tamed(function answer() { return 42; })());
 * // => answer #1: start
 * // => answer #1: 42
 * // => answer #1: complete
 * ```
 */
export type ScopeEvent = Happening & {
  /** The child's number within its scope, from 1. */
  readonly id: number;
  /** The name of its tamed function, or ''. */
  readonly name: string;
  /** When it happened, in ms, by RxJS's clock: virtual in tests. */
  readonly time: number;
};

/** A scope was made in another one: a `NestedScope` for the files that do not know `AsyncScope`. */
export interface Nesting {
  readonly scope: object;
  /** The number of the child whose code made it; 0 if it was no child's code. */
  readonly id: number;
  /** When it was made, in ms, by RxJS's clock: virtual in tests. */
  readonly time: number;
}

/**
 * The observers of one stream of a scope. As those of a `Subject`, one that comes while a value is told does not get that value.
 * But to tell a value makes nothing: a `Subject` makes more objects for each value than the value is, and each child tells three.
 */
class Audience<T> {
  /** Completes when the scope closes, and at once if it has closed. */
  readonly stream$: Observable<T>;
  readonly #subscribers = new Set<Subscriber<T>>();
  // The same, for the next value. Undefined after one has come or gone.
  #listening: readonly Subscriber<T>[] | undefined;
  #closed: boolean;

  constructor(closed: boolean) {
    this.#closed = closed;
    this.stream$ = new Observable<T>((subscriber) => {
      if (this.#closed) {
        subscriber.complete();
        return undefined;
      }
      this.#subscribers.add(subscriber);
      this.#listening = undefined;
      return () => {
        this.#subscribers.delete(subscriber);
        this.#listening = undefined;
      };
    });
  }

  get observed(): boolean {
    return this.#subscribers.size > 0;
  }

  /** Their code is that of no call: as {@link outside} would run it, without a function for each value. */
  tell(value: T): void {
    const listening = (this.#listening ??= [...this.#subscribers]);
    const outer = enter(OUTSIDE);
    try {
      for (const subscriber of listening) {
        subscriber.next(value);
      }
    } finally {
      enter(outer);
    }
  }

  close(): void {
    this.#closed = true;
    const subscribers = [...this.#subscribers];
    outside(() => subscribers.forEach((subscriber) => subscriber.complete()));
  }
}

/** Tells the observers of a scope what its children do. Nothing is made before it is asked for. */
export class ScopeEvents {
  #values: Audience<unknown> | undefined;
  #events: Audience<ScopeEvent> | undefined;
  #scopes: Audience<Nesting> | undefined;
  #closed: boolean;

  /** `closed`: whether its scope has closed already. */
  constructor(closed: boolean) {
    this.#closed = closed;
  }

  get values$(): Observable<unknown> {
    return (this.#values ??= new Audience(this.#closed)).stream$;
  }

  get events$(): Observable<ScopeEvent> {
    return (this.#events ??= new Audience(this.#closed)).stream$;
  }

  get scopes$(): Observable<Nesting> {
    return (this.#scopes ??= new Audience(this.#closed)).stream$;
  }

  /** `what`: the value, the error or the reason, for the types that have one. */
  happened(child: Child, type: Happening['type'], what?: unknown): void {
    if (this.#events?.observed === true) {
      this.#events.tell(eventOf(child, type, what));
    }
    if (type === 'next' && this.#values?.observed === true) {
      this.#values.tell(what);
    }
  }

  /** A scope was made in this one, by code of the child with that number. */
  nests(scope: object, id: number): void {
    if (this.#scopes?.observed === true) {
      this.#scopes.tell({ scope, id, time: asyncScheduler.now() });
    }
  }

  close(): void {
    this.#closed = true;
    this.#values?.close();
    this.#events?.close();
    this.#scopes?.close();
  }
}

// Each in one piece: to make an event out of another object would cost as much again.
function eventOf({ id, name }: Child, type: Happening['type'], what: unknown): ScopeEvent {
  const time = asyncScheduler.now();
  switch (type) {
    case 'next':
      return { type, value: what, id, name, time };
    case 'error':
      return { type, error: what, id, name, time };
    case 'cancel':
      return { type, reason: what, id, name, time };
    case 'queue':
    case 'start':
    case 'complete':
    case 'cleanup':
    case 'abandon':
      return { type, id, name, time };
  }
}
