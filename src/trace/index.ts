// The room `trace`. It promises: it draws what has happened, and changes nothing of what happens.
// It takes from `scope`: the events of a scope, in their order.

/**
 * Pictures of what happens in scopes, drawn from their events.
 *
 * @module async-tamer/trace
 */

import type { Subscription } from 'rxjs';

import type { AsyncScope } from '../index.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import { checkOptions } from '../execution/check-options.ts';
import { drawChrome, type ChromeTrace } from './chrome.ts';
import { showInDevTools } from './devtools.ts';
import { Recording } from './recording.ts';
import { makeSpans, type SpanTracer } from './spans.ts';
import { checkSvgOptions, drawSvg, type SvgOptions } from './svg.ts';
import { showLive } from './terminal.ts';
import { checkTerminalOptions, type TerminalOptions, type TerminalStream } from './view.ts';

export { longStackTraces } from './long-stacks.ts';
export type { ChromeEvent, ChromeTrace } from './chrome.ts';
export type { SpanTracer } from './spans.ts';
export type { SvgOptions } from './svg.ts';
export type { TerminalOptions, TerminalStream } from './view.ts';

/**
 * What a recording keeps.
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
  /** How many children it remembers; beyond that it forgets those that ended first. Default: 10 000. */
  readonly limit?: number | undefined;
}

/**
 * Records what happens in a scope, and in the scopes that are made in it, from here on: to be drawn, at any time, as a
 * timeline or as a trace for Chrome and Perfetto. Without a scope it waits for {@link Trace.add}.
 *
 * It listens to {@link AsyncScope.events$} and {@link AsyncScope.scopes$}, and holds neither scopes nor values nor errors.
 * Times are those of RxJS's clock: in virtual time, pictures are exact. Scopes that were nested before are not known to it.
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
  if (!(limit >= 1)) {
    throw new TypeError(`The option "limit" is a number from 1, but got ${String(limit)}.`);
  }
  const made = new Trace(new Recording(limit));
  return scope === undefined ? made : made.add(scope);
}

let recordingOf: (trace: Trace) => Recording;

/**
 * Makes spans for OpenTelemetry of all that has been recorded: one for each scope and each child, inside the one in which it was
 * made; the outermost ones inside the span that is active. Returns how many. To be called once, at the end, or now and then with
 * a recording each; what has not ended by then ends with its span, which is marked `async_tamer.unfinished`.
 *
 * A failure is the status and an `exception` of its span, a cancel an event, and so is a place in the queue. Throws a `TypeError`
 * for what is no recording, or no tracer.
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

/**
 * A recording of scopes, made by {@link trace}. What it shows it finds out at the moment it is asked to draw, so draw as
 * often as you like, also while things go on.
 *
 * It remembers a limited number of children, so it may record a scope that lives as long as its program: pictures show the
 * latest ones then, and say how many are left out.
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
   * Records another scope, too: an outermost one of the picture. What is nested in a recorded scope is added by itself.
   * Adding it twice, or after {@link stop}, does nothing.
   */
  add(scope: AsyncScope): this {
    this.#recording.add(scope);
    return this;
  }

  /**
   * A timeline, as an SVG document that stands for itself: a bar for each child, indented under its scope and under the child
   * that made that. What runs, waits in the queue, cleans up, fails, is cancelled or let go is told by pattern and mark as
   * well as by colour; what happened in detail is told by pointing at it. It has light and dark colours.
   *
   * Children of one name share a row where there are too many: in lanes, or as an area as high as there are many.
   *
   * Throws a `TypeError` for an option that it does not have, or a wrong value of one; so do all that take options here.
   */
  svg(options: SvgOptions = {}): string {
    checkSvgOptions(options, this.svg);
    return drawSvg(this.#recording, options);
  }

  /**
   * The same for https://ui.perfetto.dev and chrome://tracing, once `JSON.stringify` has made it a file: a process for each
   * scope that was added, tracks by name, and how many children run, clean up and wait.
   */
  chrome(): ChromeTrace {
    return drawChrome(this.#recording);
  }

  /**
   * Shows what ends, from here on, in the Performance panel of Chrome's DevTools while that records, in tracks of its own: one for
   * each name of a scope, with an entry for each child, its cleanup, and the scope. Ends by unsubscribing, or with {@link stop}.
   *
   * It is told by `performance.measure`, and not kept: without a recording in DevTools nothing is left. Elsewhere than in Chrome
   * it does no harm.
   */
  devtools(): Subscription {
    return showInDevTools(this.#recording);
  }

  /**
   * Shows who runs, cleans up and waits in the queue, in which scopes and for how long, while things go on: in a terminal in
   * frames, each in the place of the one before, and above them, for good, what has failed; elsewhere as a line now and then.
   *
   * It ends with a line that says how it went, when every recorded scope has closed, or by unsubscribing. Nothing else should
   * write to that terminal meanwhile.
   */
  terminal(stream: TerminalStream, options: TerminalOptions = {}): Subscription {
    checkTerminalOptions(options, this.terminal);
    return showLive(this.#recording, stream, options);
  }

  /** Records no further, and keeps what it has. */
  stop(): void {
    this.#recording.stop();
  }

  /** The same as {@link stop}, for `using`. */
  [Symbol.dispose](): void {
    this.stop();
  }
}
