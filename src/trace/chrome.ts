import { changesOf, PERIODS } from './areas.ts';
import { grouped, lanesFor, type Interval } from './lanes.ts';
import { childrenOf } from './plan.ts';
import type { Recording } from './recording.ts';
import type { ScopeSpan, Span } from './span.ts';
import { everyChild } from './tell.ts';

/**
 * A trace as Chrome and others write it, and as https://ui.perfetto.dev opens it:
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 *
 * @example
 * ```ts
 * import { trace, type ChromeTrace } from 'async-tamer/trace';
 *
 * const recorded: ChromeTrace = trace().chrome();
 * console.log(JSON.stringify(recorded)); // what the file is to hold
 * // => {"traceEvents":[],"displayTimeUnit":"ms"}
 * ```
 */
export interface ChromeTrace {
  /** In no order that matters. */
  readonly traceEvents: readonly ChromeEvent[];
  /** How readers write times. */
  readonly displayTimeUnit: 'ms';
}

/**
 * One event of a {@link ChromeTrace}.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep } from 'async-tamer';
 * import { trace, type ChromeEvent } from 'async-tamer/trace';
 *
 * const scope = new AsyncScope({ name: 'page' });
 * const recording = trace(scope);
 * scope.start(sleep(10));
 * await scope.close();
 * const isSlice = ({ ph }: ChromeEvent) => ph === 'X';
 * console.log(recording.chrome().traceEvents.filter(isSlice).map(({ cat, name }) => `${cat} ${name}`));
 * // => [ 'scope page', 'child sleep' ]
 * ```
 */
export interface ChromeEvent {
  /** The name of the event; of metadata: the kind of information. */
  readonly name: string;
  /** X: an event with a duration; i: an instant; C: a count; M: the name of a track. */
  readonly ph: 'X' | 'i' | 'C' | 'M';
  /** When it begins, in µs since the recording began. */
  readonly ts: number;
  /** How long, in µs. */
  readonly dur?: number;
  /** The scope that was recorded. */
  readonly pid: number;
  /** The track: scopes and children that are on one do not overlap. */
  readonly tid: number;
  /** The kind of thing: `scope`, `child`, `cleanup`, or the `end` of a child. */
  readonly cat?: string;
  /** For an instant: it concerns its track alone. */
  readonly s?: 't';
  /** Details. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** Writes a recording as a trace: a process for each scope that was recorded, a track for each lane in it. */
export function drawChrome(recording: Recording): ChromeTrace {
  recording.settle();
  const { roots, from, until } = recording;
  const processes = [...roots].map((root, index) => new Process(index + 1, from, until).events(root));
  return { traceEvents: processes.flat(), displayTimeUnit: 'ms' };
}

class Process {
  readonly #pid: number;
  readonly #from: number;
  readonly #now: number;
  readonly #events: ChromeEvent[] = [];
  #tracks = 0;

  constructor(pid: number, from: number, now: number) {
    this.#pid = pid;
    this.#from = from;
    this.#now = now;
  }

  events(root: ScopeSpan): ChromeEvent[] {
    this.#call('process_name', 0, root.name || 'scope');
    this.#counts(everyChild([root]));
    this.#scopes([root], '');
    return this.#events;
  }

  /** Scopes that share a place: made by children of one name, in scopes that share theirs. */
  #scopes(scopes: readonly ScopeSpan[], path: string): void {
    for (const [name, group] of grouped(scopes)) {
      const inner = name === '' ? path : `${path}${name} › `;
      if (name !== '') {
        this.#lanes(
          path + name,
          group,
          ({ from, closedAt }) => [from, closedAt ?? this.#now],
          (scope, tid) => this.#scope(scope, tid),
        );
      }
      for (const [childName, spans] of grouped(childrenOf(group))) {
        const label = inner + (childName || '(no name)');
        this.#lanes(
          label,
          spans,
          (span) => PERIODS.present(span, this.#now),
          (span, tid) => this.#child(span, tid),
        );
        this.#scopes(
          spans.flatMap(({ nested }) => [...nested]),
          `${label} › `,
        );
      }
      this.#scopes(
        group.flatMap(({ nested }) => [...nested]),
        inner,
      );
    }
  }

  /** A track for each lane. */
  #lanes<T>(
    label: string,
    all: readonly T[],
    interval: (one: T) => Interval,
    draw: (one: T, tid: number) => void,
  ): void {
    for (const lane of lanesFor(all, interval)) {
      const tid = ++this.#tracks;
      this.#call('thread_name', tid, label);
      this.#add({ name: 'thread_sort_index', ph: 'M', ts: 0, tid, args: { sort_index: tid } });
      lane.forEach((one) => draw(one, tid));
    }
  }

  #scope(scope: ScopeSpan, tid: number): void {
    const { name, from, closedAt } = scope;
    this.#slice('scope', name, tid, [from, closedAt ?? this.#now], { closed: closedAt !== undefined });
  }

  #child(span: Span, tid: number): void {
    const { id, name, scope, startedAt = 0, end, letGoAt, values } = span;
    const args = {
      id,
      scope: scope.name,
      outcome: end?.outcome ?? 'running',
      why: end?.why,
      queuedMs: startedAt - span.from,
      values: values.count,
    };
    const until = span.until(this.#now);
    this.#slice('child', name || `#${id}`, tid, [startedAt, until], args);
    if (end !== undefined && end.outcome !== 'succeeded') {
      this.#instant(end.outcome, tid, end.time, { why: end.why });
    }
    if (letGoAt !== undefined) {
      this.#instant('let go', tid, letGoAt, {});
    }
    if (end !== undefined && until > end.time) {
      this.#slice('cleanup', 'cleanup', tid, [end.time, until], {});
    }
  }

  /** The number of children in each state, at each time that it changes. */
  #counts(spans: readonly Span[]): void {
    const counts = { running: 0, 'cleaning up': 0, queued: 0 };
    const changes = (['running', 'cleaning up', 'queued'] as const).flatMap((state) =>
      changesOf(spans.map((span) => PERIODS[state](span, this.#now))).map(([time, by]) => ({
        time,
        by,
        state,
      })),
    );
    changes.sort((one, other) => one.time - other.time);
    changes.forEach(({ time, by, state }, index) => {
      counts[state] += by;
      if (changes[index + 1]?.time !== time) {
        this.#add({ name: 'children', ph: 'C', ts: this.#micros(time), tid: 0, args: { ...counts } });
      }
    });
  }

  #slice(cat: string, name: string, tid: number, [from, to]: readonly [number, number], args: object): void {
    const ts = this.#micros(from);
    this.#add({ name, cat, ph: 'X', ts, dur: this.#micros(to) - ts, tid, args: { ...args } });
  }

  #instant(name: string, tid: number, time: number, args: object): void {
    this.#add({ name, cat: 'end', ph: 'i', s: 't', ts: this.#micros(time), tid, args: { ...args } });
  }

  /** Names the process, or a track. */
  #call(what: 'process_name' | 'thread_name', tid: number, name: string): void {
    this.#add({ name: what, ph: 'M', ts: 0, tid, args: { name } });
  }

  #add(event: Omit<ChromeEvent, 'pid'>): void {
    this.#events.push({ ...event, pid: this.#pid });
  }

  #micros(time: number): number {
    return Math.round(1000 * (time - this.#from));
  }
}
