import { AsyncScope, sleep, tamed } from 'async-tamer';
import { trace } from 'async-tamer/trace';

interface Shown {
  readonly name: string;
  readonly track: string;
  readonly color: string;
}

describe("A recording in Chrome's DevTools", () => {
  let shown: Shown[];
  let times: { start: number; end: number }[];

  beforeEach(() => {
    shown = [];
    times = [];
    spyOn(performance, 'measure').and.callFake((name, options) => {
      const { start, end, detail } = options as { start: number; end: number; detail: { devtools: Shown } };
      const { track, color } = detail.devtools;
      shown.push({ name: name.replace('\u200b', ''), track, color });
      times.push({ start, end });
      return performance.mark('ignored');
    });
  });

  it('has an entry for each child that ends, its cleanup, and the scope', async () => {
    spyOn(Date, 'now').and.callFake(() => performance.timeOrigin + performance.now()); // No machine sets this one.
    const scope = new AsyncScope({ name: 'page' });
    trace(scope).devtools();
    const patient = tamed(function* patient() {
      try {
        yield* sleep(60_000);
      } finally {
        yield* sleep(5);
      }
    });
    scope.start(tamed('quick', () => sleep(1))());
    scope.start(patient());
    await sleep(20);
    scope.cancel();
    await scope.close();

    expect(shown).toEqual([
      { name: 'quick', track: 'page', color: 'primary' },
      { name: 'patient', track: 'page', color: 'tertiary' },
      { name: 'patient: cleanup', track: 'page', color: 'tertiary' },
      { name: 'page', track: 'page', color: 'secondary' },
    ]);
    expect(times.every(({ start, end }) => start >= 0 && end >= start)).toBeTrue();
    expect(times[1]!.end - times[1]!.start).toBeGreaterThanOrEqual(15);
  });

  it('tells a failure', async () => {
    const scope = new AsyncScope({ name: 'page', errorMode: 'continue' });
    trace(scope).devtools();
    await scope.start(tamed('faulty', () => Promise.reject(new Error('Oh no!')))()).catch(() => {});
    await scope.close();

    expect(shown[0]).toEqual({ name: 'faulty', track: 'page', color: 'error' });
  });

  it('ends by unsubscribing', async () => {
    const scope = new AsyncScope();
    trace(scope).devtools().unsubscribe();
    await scope.start(sleep(1));
    await scope.close();

    expect(shown).toEqual([]);
  });
});

describe("The browser's own measures", () => {
  it('are taken as DevTools wants them, and are not kept', async () => {
    const measures = performance.getEntriesByType('measure').length;
    const seen: string[] = [];
    let observer: PerformanceObserver | undefined;
    const both = new Promise<void>((resolve) => {
      observer = new PerformanceObserver((list) => {
        seen.push(...list.getEntries().map(({ name }) => name));
        if (seen.length === 2) {
          resolve();
        }
      });
    });
    observer?.observe({ type: 'measure' });
    const scope = new AsyncScope({ name: 'page' });
    trace(scope).devtools();
    await scope.start(sleep(1));
    await scope.close();
    await both;
    observer?.disconnect();

    // Told together, they come in the order of their starts; one by one, in that of their ends.
    expect(seen.sort()).toEqual(['page\u200b', 'sleep\u200b']);
    expect(performance.getEntriesByType('measure').length).toBe(measures);
  });
});
