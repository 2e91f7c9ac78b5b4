import { context, SpanStatusCode, trace as otel } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';

import { AsyncScope, sleep, tamed } from 'async-tamer';
import { runMarblesAsync } from 'async-tamer/testing';
import { toSpans, trace } from 'async-tamer/trace';

describe('A recording as spans of OpenTelemetry', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('spec');

  afterEach(() => exporter.reset());

  function exported(name: string): ReadableSpan {
    return exporter.getFinishedSpans().find((span) => span.name === name)!;
  }

  const parentOf = (name: string): string | undefined => exported(name).parentSpanContext?.spanId;
  const idOf = (name: string): string => exported(name).spanContext().spanId;

  const work = tamed(function* work(ms: number) {
    yield* sleep(ms);
  });

  it('has a span for each scope and child, inside the one in which it was made', async () => {
    const outer = new AsyncScope({ name: 'outer' });
    const recording = trace(outer);
    const nest = tamed(function* nest() {
      const inner = new AsyncScope({ name: 'inner' });
      yield* inner.start(work(1));
      yield* inner.close();
    });
    outer.start(nest());
    await outer.close();

    expect(toSpans(recording, tracer)).toBe(4);

    expect(parentOf('outer')).toBeUndefined();
    expect(parentOf('nest')).toBe(idOf('outer'));
    expect(parentOf('inner')).toBe(idOf('nest'));
    expect(parentOf('work')).toBe(idOf('inner'));
    expect(exported('work').attributes).toEqual(
      jasmine.objectContaining({ 'async_tamer.kind': 'child', 'async_tamer.outcome': 'succeeded' }),
    );
    expect(exported('work').status.code).toBe(SpanStatusCode.UNSET);
  });

  it('has the times of what happened', async () => {
    await runMarblesAsync(async () => {
      await sleep(100);
      const scope = new AsyncScope({ name: 'page', concurrency: 1 });
      const recording = trace(scope);
      scope.start(tamed('first', () => sleep(5))());
      scope.start(tamed('second', () => sleep(7))());
      await scope.close();
      toSpans(recording, tracer);
    });

    const millis = ([seconds, nanos]: readonly [number, number]): number => seconds * 1000 + nanos / 1e6;
    const { startTime, duration, events } = exported('second');
    expect(millis(startTime)).toBe(100);
    expect(millis(duration)).toBe(12);
    expect(events.map(({ name, time }) => [name, millis(time)])).toEqual([['left the queue', 105]]);
  });

  it('tells a failure by the status, and a cancel by an event', async () => {
    const scope = new AsyncScope({ name: 'page' });
    const recording = trace(scope);
    const faulty = tamed(function* faulty() {
      yield* sleep(1);
      throw new Error('Disk full');
    });
    scope.start(faulty());
    scope.start(work(60_000));
    await scope.close().catch(() => {});
    toSpans(recording, tracer);

    expect(exported('faulty').status.code).toBe(SpanStatusCode.ERROR);
    expect(exported('faulty').status.message).toContain('Disk full');
    expect(exported('faulty').events[0]?.name).toBe('exception');
    expect(exported('work').status.code).toBe(SpanStatusCode.UNSET);
    expect(exported('work').events.map(({ name }) => name)).toEqual(['cancelled']);
  });

  it('marks what has not ended', () => {
    const scope = new AsyncScope({ name: 'page' });
    const recording = trace(scope);
    scope.start(work(60_000));

    toSpans(recording, tracer);
    scope.cancel();

    expect(exported('work').attributes['async_tamer.unfinished']).toBe(true);
    expect(exported('work').attributes['async_tamer.outcome']).toBe('running');
  });

  it('refuses what is no recording, and no tracer', () => {
    expect(() => toSpans({} as never, tracer)).toThrowError(TypeError, /takes a recording/);
    expect(() => toSpans(trace(), undefined as never)).toThrowError(TypeError, /takes a tracer/);
  });

  describe('where a span is active', () => {
    beforeEach(() => {
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    });

    afterEach(() => context.disable());

    it('is inside that', async () => {
      const scope = new AsyncScope({ name: 'page' });
      const recording = trace(scope);
      await scope.close();
      const request = tracer.startSpan('request');

      context.with(otel.setSpan(context.active(), request), () => toSpans(recording, tracer));

      expect(parentOf('page')).toBe(request.spanContext().spanId);
    });

    it('is in order with children, which have the span that was active where they were started', async () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const seen: unknown[] = [];
      const look = tamed(function* () {
        yield* sleep(1);
        seen.push(otel.getActiveSpan());
      });
      const spans = ['a', 'b'].map((name) => tracer.startSpan(name));

      spans.forEach((span) => context.with(otel.setSpan(context.active(), span), () => scope.start(look())));
      await scope.close();

      expect(seen).toEqual(spans);
    });
  });
});
