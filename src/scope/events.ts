import { asyncScheduler, Subject, type Observable } from 'rxjs';

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

/** Tells the observers of a scope what its children do. Nothing is made before it is asked for. */
export class ScopeEvents {
  #values: Subject<unknown> | undefined;
  #events: Subject<ScopeEvent> | undefined;
  #scopes: Subject<Nesting> | undefined;
  #closed: boolean;

  /** `closed`: whether its scope has closed already. */
  constructor(closed: boolean) {
    this.#closed = closed;
  }

  get values$(): Observable<unknown> {
    this.#values ??= subjectFor(this.#closed);
    return this.#values.asObservable();
  }

  get events$(): Observable<ScopeEvent> {
    this.#events ??= subjectFor(this.#closed);
    return this.#events.asObservable();
  }

  get scopes$(): Observable<Nesting> {
    this.#scopes ??= subjectFor(this.#closed);
    return this.#scopes.asObservable();
  }

  happened(child: Child, happening: Happening): void {
    if (this.#events?.observed === true) {
      tell(this.#events, eventOf(child, happening));
    }
    if (happening.type === 'next' && this.#values?.observed === true) {
      tell(this.#values, happening.value);
    }
  }

  /** A scope was made in this one, by code of the child with that number. */
  nests(scope: object, id: number): void {
    if (this.#scopes?.observed === true) {
      tell(this.#scopes, { scope, id, time: asyncScheduler.now() });
    }
  }

  close(): void {
    this.#closed = true;
    outside(() => {
      this.#values?.complete();
      this.#events?.complete();
      this.#scopes?.complete();
    });
  }
}

/** Tells the observers, whose code is that of no call: as {@link outside} would, without a function for each event. */
function tell<T>(subject: Subject<T>, value: T): void {
  const outer = enter(OUTSIDE);
  try {
    subject.next(value);
  } finally {
    enter(outer);
  }
}

// Each in one piece: to copy the happening, or to add to it, would cost as much again as the child does.
function eventOf({ id, name }: Child, happening: Happening): ScopeEvent {
  const time = asyncScheduler.now();
  switch (happening.type) {
    case 'next':
      return { type: 'next', value: happening.value, id, name, time };
    case 'error':
      return { type: 'error', error: happening.error, id, name, time };
    case 'cancel':
      return { type: 'cancel', reason: happening.reason, id, name, time };
    case 'queue':
    case 'start':
    case 'complete':
    case 'cleanup':
    case 'abandon':
      return { type: happening.type, id, name, time };
  }
}

function subjectFor<T>(closed: boolean): Subject<T> {
  const subject = new Subject<T>();
  if (closed) {
    subject.complete();
  }
  return subject;
}
