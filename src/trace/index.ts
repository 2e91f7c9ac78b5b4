// The room `trace`. It promises: it draws what has happened, and changes nothing of what happens.
// It takes from `scope`: the events of a scope, in their order.

/**
 * Pictures of what happens in scopes, drawn from their events.
 *
 * @module async-tamer/trace
 */

import type { Subscription } from 'rxjs';

import { AsyncScope } from '../index.ts';
import { noScope, quote, startStackAt } from '../execution/errors.ts';
import { checkOptions } from '../execution/check-options.ts';
import { drawChrome, type ChromeTrace } from './chrome.ts';
import { showInDevTools } from './devtools.ts';
import { Recording } from './recording.ts';
import { makeSpans, type SpanTracer } from './spans.ts';
import { checkSvgOptions, drawSvg, type SvgOptions } from './svg.ts';
import { showLive } from './terminal.ts';
import { checkStream, checkTerminalOptions, type TerminalOptions, type TerminalStream } from './view.ts';

export { longStackTraces } from './long-stacks.ts';
export type { ChromeEvent, ChromeTrace } from './chrome.ts';
export type { SpanTracer } from './spans.ts';
export type { SvgOptions } from './svg.ts';
export type { TerminalOptions, TerminalStream } from './view.ts';

/**
 * The options of a recording.
 *
 * @example
 * ```ts
 * import { AsyncScope } from 'async-tamer';
 * import { trace, type TraceOptions } from 'async-tamer/trace';
 *
 * const short: TraceOptions = { limit: 100 };
 * const scope = new AsyncScope();
 * const recording = trace(scope, short);
 * for (let i = 0; i < 500; i++) scope.start([i]);
 * console.log(/\d+ earlier ones not shown/.exec(recording.svg())?.[0]);
 * // => 400 earlier ones not shown
 * ```
 */
export interface TraceOptions {
  /** How many children it remembers. Beyond that it forgets the children that ended first. Default: 10 000. */
  readonly limit?: number | undefined;
}

/**
 * Records what happens in a scope, and in the scopes that are made in it, from here on. The recording can be drawn at any time:
 * as a timeline, or as a trace for Chrome and Perfetto. Without a scope it waits for {@link Trace.add}.
 *
 * It listens to {@link AsyncScope.events$} and {@link AsyncScope.scopes$}, and holds neither scopes nor values nor errors. Times
 * are those of RxJS's clock, so pictures of virtual time are exact. It does not know scopes that were nested before.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep } from 'async-tamer';
 * import { trace } from 'async-tamer/trace';
 *
 * await using scope = new AsyncScope({ name: 'page' });
 * using recording = trace(scope);
 * await scope.start(sleep(10));
 * console.log(recording.svg().slice(0, 39));
 * // => <svg xmlns="http://www.w3.org/2000/svg"
 * ```
 */
export function trace(scope?: AsyncScope, options: TraceOptions = {}): Trace {
  checkOptions('trace()', options, ['limit'] satisfies readonly (keyof TraceOptions)[], trace);
  const { limit = 10_000 } = options;
  if (typeof limit !== 'number' || !(limit >= 1)) {
    throw startStackAt(
      new TypeError(`The option "limit" is a number from 1, but got ${quote(limit)}.`),
      trace,
    );
  }
  if (scope !== undefined) {
    checkScope('trace()', scope, trace);
  }
  const made = new Trace(new Recording(limit));
  return scope === undefined ? made : made.add(scope);
}

let recordingOf: (trace: Trace) => Recording;

/**
 * Makes spans for OpenTelemetry of everything that was recorded: one for each scope and one for each child, inside the span of
 * the scope in which it was made. The outermost spans are inside the active one. It returns the number of spans. Call it once, at
 * the end; or several times, each with a new recording. The span of a child or scope that has not ended by then ends now, and is
 * marked `async_tamer.unfinished`.
 *
 * A failure becomes the status and an `exception` of its span; a cancel becomes an event, and so does a place in the queue. It
 * throws a `TypeError` if its arguments are no recording and no tracer.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep } from 'async-tamer';
 * import { toSpans, trace, type SpanTracer } from 'async-tamer/trace';
 *
 * // In a program: import { trace as otel } from '@opentelemetry/api'; const tracer = otel.getTracer('my-app');
 * const span = { addEvent: () => {}, setStatus: () => {}, end: () => {} };
 * const tracer: SpanTracer = { startSpan: (name) => (console.log(name), span) };
 * const scope = new AsyncScope({ name: 'page' });
 * const recording = trace(scope);
 * scope.start(sleep(10));
 * await scope.close();
 * console.log(toSpans(recording, tracer));
 * // => page
 * // => sleep
 * // => 2
 * ```
 */
export function toSpans(recording: Trace, tracer: SpanTracer): number {
  if (!(recording instanceof Trace)) {
    throw startStackAt(
      new TypeError(`toSpans() takes a recording, trace(scope), but got ${quote(recording)}.`),
      toSpans,
    );
  }
  if (typeof (tracer as Partial<SpanTracer> | undefined)?.startSpan !== 'function') {
    const what = `toSpans() takes a tracer of OpenTelemetry, but got ${quote(tracer)}.`;
    throw startStackAt(new TypeError(what), toSpans);
  }
  return makeSpans(recordingOf(recording), tracer);
}

function checkScope(what: string, scope: unknown, entry: unknown): void {
  if (!(scope instanceof AsyncScope)) {
    throw startStackAt(noScope(`${what} takes`, scope), entry);
  }
}

/**
 * A recording of scopes, made by {@link trace}. It draws the state at the moment of each call, so draw as often as you like, also
 * while children run.
 *
 * It remembers a limited number of children, so it may record a scope that lives as long as its program. Pictures then show the
 * latest children, and say how many are left out.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep } from 'async-tamer';
 * import { trace, Trace } from 'async-tamer/trace';
 *
 * const recording = trace();
 * await AsyncScope.run(function* (scope) {
 *   recording.add(scope);
 *   yield* scope.start(sleep(10));
 * });
 * console.log(recording instanceof Trace, recording.chrome().traceEvents.length > 0);
 * // => true true
 * ```
 */
export class Trace implements Disposable {
  readonly #recording: Recording;

  static {
    recordingOf = (trace: Trace): Recording => trace.#recording;
  }

  /** @internal */
  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /**
   * Records another scope, as an outermost one of the picture. A scope that is nested in a recorded one is added by itself. To
   * add a scope twice, or after {@link stop}, does nothing. It throws a `TypeError` for anything that is no scope.
   */
  add(scope: AsyncScope): this {
    checkScope('add()', scope, this.add);
    this.#recording.add(scope);
    return this;
  }

  /**
   * A timeline, as an SVG document that needs nothing else. Each child has a bar, indented under its scope and under the child
   * that made that scope. Patterns and marks, as well as colours, show whether a child runs, waits in the queue, cleans up,
   * fails, is cancelled or is let go. Point at a bar to read what happened in detail. The picture has light and dark colours.
   *
   * If there are too many children, those of one name share a row: in lanes, or as an area as high as there are many.
   *
   * It throws a `TypeError` for an unknown option, or for a wrong value of one. So do all methods here that take options.
   */
  svg(options: SvgOptions = {}): string {
    checkSvgOptions(options, this.svg);
    return drawSvg(this.#recording, options);
  }

  /**
   * The same for https://ui.perfetto.dev and chrome://tracing, when `JSON.stringify` has made a file of it. It has a process for
   * each scope that was added, tracks by name, and the numbers of children that run, clean up and wait.
   */
  chrome(): ChromeTrace {
    return drawChrome(this.#recording);
  }

  /**
   * Shows children and scopes that end from here on in the Performance panel of Chrome's DevTools, while that panel records. Each
   * name of a scope has a track, with an entry for each child, its cleanup, and the scope. It ends when it is unsubscribed, or
   * with {@link stop}.
   *
   * It calls `performance.measure`, and keeps nothing: without a recording in DevTools nothing is left. Outside of Chrome it does
   * no harm.
   */
  devtools(): Subscription {
    return showInDevTools(this.#recording);
  }

  /**
   * Shows which children run, clean up and wait in the queue, in which scopes and for how long, while that goes on. A terminal
   * shows frames, each in the place of the one before; failures stand above them and stay. A file or a pipe gets a line now and
   * then.
   *
   * It ends with a line of summary when every recorded scope has closed, or when it is unsubscribed. No other code should write
   * to that terminal meanwhile.
   */
  terminal(stream: TerminalStream, options: TerminalOptions = {}): Subscription {
    checkStream(stream, this.terminal);
    checkTerminalOptions(options, this.terminal);
    return showLive(this.#recording, stream, options);
  }

  /** Stops recording, and keeps what is recorded. */
  stop(): void {
    this.#recording.stop();
  }

  /** The same as {@link stop}, for `using`. */
  [Symbol.dispose](): void {
    this.stop();
  }
}
