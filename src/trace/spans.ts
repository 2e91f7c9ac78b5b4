import type { Recording } from './recording.ts';
import type { ScopeSpan, Span } from './span.ts';

/**
 * The part of a `Tracer` of `@opentelemetry/api` that makes spans.
 *
 * @example
 * ```ts
 * import { trace, toSpans, type SpanTracer } from 'async-tamer/trace';
 *
 * // With OpenTelemetry: import { trace as otel } from '@opentelemetry/api'; otel.getTracer('my-app')
 * const tracer: SpanTracer = { startSpan: (name) => { throw new Error(name); } };
 * console.log(toSpans(trace(), tracer));
 * // => 0
 * ```
 */
export interface SpanTracer {
  /** Begins a span in the past, under the span of its context. */
  startSpan(
    name: string,
    options: { startTime: number; attributes: Record<string, string | number | boolean> },
    context?: SpanContext,
  ): TracerSpan;
}

/**
 * The part of a span that is used.
 *
 * @inline
 */
export interface TracerSpan {
  /** Adds an event, with its time. */
  addEvent(name: string, attributes: Record<string, string>, time: number): unknown;
  /** Marks it as failed. */
  setStatus(status: { code: number; message: string }): unknown;
  /** Ends it, at a time in the past. */
  end(time: number): void;
}

/**
 * The context in which OpenTelemetry looks for a parent.
 *
 * @inline
 */
export interface SpanContext {
  /** The value under a key. */
  getValue(key: symbol): unknown;
  /** The same context with one more value. */
  setValue(key: symbol, value: unknown): SpanContext;
  /** The same context with one value less. */
  deleteValue(key: symbol): SpanContext;
}

// The keys of `@opentelemetry/api` are made so, so that several copies of it understand each other. It need not be imported for
// that.
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
/** Its `SpanStatusCode.ERROR`. */
const ERROR = 2;

class Context implements SpanContext {
  readonly #values: ReadonlyMap<symbol, unknown>;

  constructor(values: ReadonlyMap<symbol, unknown>) {
    this.#values = values;
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new Context(new Map(this.#values).set(key, value));
  }

  deleteValue(key: symbol): Context {
    return new Context(new Map([...this.#values].filter(([each]) => each !== key)));
  }
}

/** Makes a span of each scope and child, inside the span of its maker. Returns the number of spans. */
export function makeSpans(recording: Recording, tracer: SpanTracer): number {
  recording.settle();
  const { roots, until } = recording;
  const spans = new Spans(tracer, until);
  roots.forEach((root) => spans.scope(root, undefined));
  return spans.count;
}

class Spans {
  count = 0;
  readonly #tracer: SpanTracer;
  readonly #now: number;

  constructor(tracer: SpanTracer, now: number) {
    this.#tracer = tracer;
    this.#now = now;
  }

  scope(scope: ScopeSpan, outer: SpanContext | undefined): void {
    const { name, from, closedAt, children, nested } = scope;
    const attributes = this.#attributes('scope', closedAt !== undefined, scope.early);
    const span = this.#start(name || 'scope', from, attributes, outer);
    const inside = within(span);
    children.forEach((child) => this.#child(child, inside));
    nested.forEach((each) => this.scope(each, inside));
    span.end(closedAt ?? this.#now);
  }

  #child(child: Span, outer: SpanContext): void {
    const { id, name, from, startedAt, end, letGoAt, nested, values } = child;
    const span = this.#start(
      name || `#${id}`,
      from,
      {
        ...this.#attributes('child', child.state === 'ended', child.early),
        'async_tamer.id': id,
        'async_tamer.outcome': end?.outcome ?? child.state,
        'async_tamer.values': values.count,
      },
      outer,
    );
    if (startedAt !== undefined && startedAt > from) {
      span.addEvent('left the queue', {}, startedAt);
    }
    nested.forEach((scope) => this.scope(scope, within(span)));
    if (end?.outcome === 'failed') {
      span.addEvent('exception', { 'exception.message': end.why }, end.time);
      span.setStatus({ code: ERROR, message: end.why });
    } else if (end?.outcome === 'cancelled') {
      span.addEvent('cancelled', { 'async_tamer.reason': end.why }, end.time);
    }
    if (letGoAt !== undefined) {
      span.addEvent('let go', {}, letGoAt);
    }
    span.end(child.until(this.#now));
  }

  #attributes(kind: string, over: boolean, early: boolean): Record<string, string | boolean> {
    return {
      'async_tamer.kind': kind,
      ...(over ? {} : { 'async_tamer.unfinished': true }),
      ...(early ? { 'async_tamer.began_before': true } : {}),
    };
  }

  #start(
    name: string,
    startTime: number,
    attributes: Record<string, string | number | boolean>,
    outer: SpanContext | undefined,
  ): TracerSpan {
    this.count++;
    // Without a context the active one counts, so the outermost scopes are inside the span that is active.
    return this.#tracer.startSpan(name, { startTime, attributes }, outer);
  }
}

function within(span: TracerSpan): SpanContext {
  return new Context(new Map([[SPAN, span]]));
}
