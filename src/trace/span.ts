import type { AsyncScope } from '../index.ts';

const NONE: ReadonlySet<ScopeSpan> = new Set();

/** The scopes nested in a child. Most have none, so they have no set. */
class Nest {
  #nested: Set<ScopeSpan> | undefined;

  get nested(): ReadonlySet<ScopeSpan> {
    return this.#nested ?? NONE;
  }

  nest(scope: ScopeSpan): void {
    (this.#nested ??= new Set()).add(scope);
  }

  unnest(scope: ScopeSpan): void {
    this.#nested?.delete(scope);
  }
}

/** A child, as its events describe it, with the scopes that its code has made. Times are in ms, by RxJS's clock. */
export class Span extends Nest {
  readonly id: number;
  readonly name: string;
  readonly scope: ScopeSpan;
  /** The time from which on it is known. If it existed before the recording, the recording began in the middle of it. */
  readonly from: number;
  readonly early: boolean;
  startedAt: number | undefined;
  end: End | undefined;
  /** The end of the cleanup after its own end, if that took time. */
  cleanedAt: number | undefined;
  /** The time at which a function under it was let go, because nothing could tell it of a cancel. */
  letGoAt: number | undefined;
  readonly values = new Times();

  constructor(scope: ScopeSpan, id: number, name: string, from: number, early: boolean) {
    super();
    this.scope = scope;
    this.id = id;
    this.name = name;
    this.from = from;
    this.early = early;
  }

  /** Its present state. It counts as cleaning up until its scope says otherwise. */
  get state(): 'queued' | 'running' | 'cleaning up' | 'ended' {
    if (this.end !== undefined) {
      return this.scope.ending.has(this) ? 'cleaning up' : 'ended';
    }
    return this.startedAt === undefined ? 'queued' : 'running';
  }

  /** The time at which it left its scope, or else `now`. */
  until(now: number): number {
    return this.state === 'ended' ? (this.cleanedAt ?? this.end?.time ?? now) : now;
  }
}

/** How a child ended, before its cleanup. */
export interface End {
  readonly time: number;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  /** The failure, or the reason of its cancel, in words; '' if there is nothing to say. */
  readonly why: string;
}

/** A scope, as the events of its children describe it, with the scopes that were made in it, but by no child. */
export class ScopeSpan extends Nest {
  readonly name: string;
  /** The scope in which it was made, if that is known, and the child that made it, if one did. */
  readonly outer: ScopeSpan | undefined;
  readonly by: Span | undefined;
  readonly from: number;
  /** It existed before the recording. */
  readonly early: boolean;
  closedAt: number | undefined;
  /** By their numbers, in the order of their start. */
  readonly children = new Map<number, Span>();
  /** How many of its children have ended in each way. */
  readonly counts = { succeeded: 0, failed: 0, cancelled: 0 };
  /** Children that have ended, and may clean up. */
  readonly ending = new Set<Span>();
  readonly #scope: WeakRef<AsyncScope>;

  constructor(scope: AsyncScope, from: number, early: boolean, outer?: ScopeSpan, by?: Span) {
    super();
    this.name = scope.name;
    this.from = from;
    this.early = early;
    this.outer = outer;
    this.by = by;
    this.#scope = new WeakRef(scope);
  }

  /** The scope, unless that has been collected. */
  get scope(): AsyncScope | undefined {
    return this.#scope.deref();
  }

  /** Nothing more will happen in it. */
  get over(): boolean {
    return this.closedAt !== undefined || this.scope === undefined;
  }

  /** The scope or child in which it is nested. */
  get place(): Span | ScopeSpan | undefined {
    return this.by ?? this.outer;
  }
}

/** Times at which something happened: all are counted, some are kept. Most things happen once, and need no list. */
export class Times {
  count = 0;
  #first = 0;
  #kept: number[] | undefined;
  #stride = 1;

  get kept(): readonly number[] {
    return this.#kept ?? (this.count === 0 ? [] : [this.#first]);
  }

  add(time: number): void {
    if (this.count++ === 0) {
      this.#first = time;
      return;
    }
    this.#kept ??= [this.#first];
    if ((this.count - 1) % this.#stride === 0) {
      this.#kept.push(time);
    }
    if (this.#kept.length === MOST) {
      this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
      this.#stride *= 2;
    }
  }
}

const MOST = 64;
