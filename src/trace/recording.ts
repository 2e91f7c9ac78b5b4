import { asyncScheduler, Subject, type Subscription } from 'rxjs';

import type { AsyncScope, ChildInfo, ScopeEvent } from '../index.ts';
import { ScopeSpan, Span, type End } from './span.ts';
import { wordsFor } from './words.ts';

/**
 * The history of scopes, and of the scopes made in them, since it began to watch.
 *
 * It keeps no values and no errors, and holds no scope, so a scope that no other code holds is collected as ever. Invariant:
 * `#kept` is the number of children in the tree; those of them in `#ended` may be forgotten, the first one first.
 */
export class Recording {
  readonly roots = new Set<ScopeSpan>();
  /** Emits after each event, and when a scope opens or closes. Completes when it is stopped. */
  readonly changed$ = new Subject<void>();
  /** The children that fail. */
  readonly failed$ = new Subject<Span>();
  /** Children when they end, and again when they have cleaned up, if that took time; and scopes that close. */
  readonly over$ = new Subject<Span | ScopeSpan>();
  /** How many children it has heard of, and how many have ended in each way. */
  total = 0;
  readonly counts = { succeeded: 0, failed: 0, cancelled: 0, 'let go': 0 };
  /** How many children have been forgotten. */
  forgotten = 0;
  readonly #limit: number;
  #kept = 0;
  // This is no set: to find the first entry of a set, engines pass all that were deleted before it.
  #ended: Span[] = [];
  #oldest = 0;
  readonly #watched = new Map<ScopeSpan, Subscription>();
  readonly #spans = new WeakMap<AsyncScope, ScopeSpan>();
  #last = -Infinity;
  #stopped = false;
  // At this number of scopes it looks for those that were collected.
  #full = 1000;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Something may still happen. */
  get watching(): boolean {
    return this.#watched.size > 0;
  }

  add(scope: AsyncScope): void {
    if (!this.#stopped && !this.#spans.has(scope)) {
      this.#watch(scope, new ScopeSpan(scope, this.#now(), true));
    }
  }

  /** Stops watching. Children that have not ended by then stay without an end. */
  stop(): void {
    if (!this.#stopped) {
      this.settle();
      this.#now();
      this.#stopped = true;
      this.#watched.forEach((subscription) => subscription.unsubscribe());
      this.#watched.clear();
      this.failed$.complete();
      this.over$.complete();
      this.changed$.complete();
    }
  }

  /** The time up to which it knows what happened: the present, by the clock that gave it the last time. */
  get until(): number {
    const now = asyncScheduler.now();
    if (this.#last === -Infinity) {
      return 0; // Nothing has happened.
    }
    const goesOn = this.watching && now >= this.#last && now - this.#last < ANOTHER_CLOCK;
    return goesOn ? now : this.#last;
  }

  /** The time from which on it knows. */
  get from(): number {
    return Math.min(this.until, ...[...this.roots].map((root) => root.from));
  }

  /** Finds out which children still clean up: events report a cleanup only when it is over, if it took time. */
  settle(): void {
    for (const [span, subscription] of this.#watched) {
      if (span.over) {
        subscription.unsubscribe(); // It was collected without having been closed, which no event reports.
        this.#watched.delete(span);
      }
      if (span.ending.size > 0) {
        const present = new Set(span.scope?.children.map(({ id }) => id));
        span.ending.forEach((child) => present.has(child.id) || span.ending.delete(child));
      }
    }
  }

  #now(): number {
    return (this.#last = Math.max(this.#last, asyncScheduler.now()));
  }

  #watch(scope: AsyncScope, span: ScopeSpan): void {
    if (span.place === undefined) {
      this.roots.add(span);
    } else {
      span.place.nest(span);
    }
    this.#spans.set(scope, span);
    for (const info of scope.children) {
      const child = this.#keep(span, info, true);
      child.startedAt = info.state === 'queued' ? undefined : child.from;
      if (info.state === 'cleaning up') {
        child.end = { time: child.from, outcome: 'cancelled', why: '' }; // That is most likely.
        span.ending.add(child);
      }
    }
    const subscription = scope.scopes$.subscribe(({ scope: nested, id }) => {
      this.#watch(nested, new ScopeSpan(nested, this.#now(), false, span, span.children.get(id)));
    });
    this.#watched.set(span, subscription);
    subscription.add(
      scope.events$.subscribe({
        next: (event) => this.#happened(span, event),
        complete: () => this.#closed(span),
      }),
    );
    this.#strikeOff();
    this.changed$.next();
  }

  #happened(scope: ScopeSpan, event: ScopeEvent): void {
    this.#last = Math.max(this.#last, event.time);
    if (event.type === 'queue' || event.type === 'start') {
      const child = scope.children.get(event.id) ?? this.#keep(scope, event, false);
      child.startedAt = event.type === 'start' ? event.time : undefined;
    } else {
      const child = scope.children.get(event.id);
      if (child !== undefined) {
        this.#goesOn(child, event); // Otherwise it has been forgotten.
      }
    }
    this.changed$.next();
  }

  #goesOn(child: Span, event: ScopeEvent): void {
    switch (event.type) {
      case 'next':
        child.values.add(event.time);
        break;
      case 'complete':
        this.#end(child, { time: event.time, outcome: 'succeeded', why: '' });
        break;
      case 'error':
        this.#end(child, { time: event.time, outcome: 'failed', why: wordsFor(event.error) });
        this.failed$.next(child);
        break;
      case 'cancel':
        this.#end(child, { time: event.time, outcome: 'cancelled', why: wordsFor(event.reason) });
        break;
      case 'abandon':
        this.counts['let go'] += child.letGoAt === undefined ? 1 : 0;
        child.letGoAt ??= event.time;
        break;
      case 'cleanup':
        child.cleanedAt = event.time;
        child.scope.ending.delete(child);
        this.over$.next(child);
        break;
      case 'queue':
      case 'start': // Told before.
        break;
    }
  }

  #end(child: Span, end: End): void {
    child.end = end;
    child.scope.ending.add(child);
    this.counts[end.outcome]++;
    child.scope.counts[end.outcome]++;
    this.over$.next(child);
    this.#ended.push(child);
    this.#forget();
  }

  #closed(scope: ScopeSpan): void {
    scope.closedAt = this.#now();
    scope.ending.clear();
    this.#watched.get(scope)?.unsubscribe();
    this.#watched.delete(scope);
    this.over$.next(scope);
    this.#prune(scope);
    this.changed$.next();
  }

  // Forgetting

  #keep(scope: ScopeSpan, { id, name }: Pick<ChildInfo, 'id' | 'name'>, early: boolean): Span {
    const span = new Span(scope, id, name, this.#now(), early);
    scope.children.set(span.id, span);
    this.#kept++;
    this.total++;
    this.#forget();
    return span;
  }

  #forget(): void {
    while (this.#kept > this.#limit) {
      const oldest = this.#ended[this.#oldest++];
      if (oldest === undefined) {
        break; // All of them are alive.
      }
      this.#drop(oldest);
    }
    if (2 * this.#oldest > this.#ended.length) {
      this.#ended = this.#ended.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  #drop(child: Span): void {
    const { scope } = child;
    if (scope.children.get(child.id) !== child) {
      return; // It went together with the child that made its scope.
    }
    child.nested.forEach((nested) => this.#dropScope(nested));
    scope.children.delete(child.id);
    scope.ending.delete(child);
    this.#kept--;
    this.forgotten++;
    this.#prune(scope);
  }

  #dropScope(scope: ScopeSpan): void {
    this.#watched.get(scope)?.unsubscribe();
    this.#watched.delete(scope);
    scope.nested.forEach((nested) => this.#dropScope(nested));
    scope.children.forEach((child) => this.#drop(child));
  }

  /** A scope that is over and has nothing to show is no part of a picture. */
  #prune(scope: ScopeSpan): void {
    if (scope.over && scope.children.size === 0 && scope.nested.size === 0 && scope.outer !== undefined) {
      scope.place?.unnest(scope);
      this.#watched.delete(scope);
      this.#prune(scope.outer);
    }
  }

  #strikeOff(): void {
    if (this.#watched.size >= this.#full) {
      this.settle();
      this.#full = 2 * this.#watched.size + 1000;
    }
  }
}

/** The picture of a test is drawn after it, when the time is not virtual any more. */
const ANOTHER_CLOCK = 86_400_000;
