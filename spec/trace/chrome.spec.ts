import { interval, take, timer } from 'rxjs';

import { AsyncScope, sleep, tamed } from 'async-tamer';
import { trace, type ChromeEvent, type Trace } from 'async-tamer/trace';

import { named, recorded, virtually, work } from './virtual.ts';

/** What a file of it holds. */
function eventsOf(recording: Trace): ChromeEvent[] {
  const { traceEvents } = JSON.parse(JSON.stringify(recording.chrome())) as { traceEvents: ChromeEvent[] };
  return traceEvents;
}

/** The slices of a kind, as text: name, begin and duration in µs. */
function slices(events: readonly ChromeEvent[], cat: string): string[] {
  return events
    .filter((event) => event.cat === cat)
    .map(({ name, ts, dur }) => `${name} ${ts}+${dur ?? 'nothing'}`);
}

/** What Perfetto would not take, or show wrongly. */
function wrong(events: readonly ChromeEvent[]): unknown[] {
  const isWhole = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
  const malformed = events.filter(
    ({ name, ph, ts, dur, pid, tid, s, args }) =>
      name === '' ||
      ![ts, pid, tid].every(isWhole) ||
      isWhole(dur) !== (ph === 'X') ||
      (s === 't') !== (ph === 'i') ||
      (ph === 'C' && !Object.values(args).every(isWhole)) ||
      (ph === 'M' && !/^(?:process_name|thread_name|thread_sort_index)$/.test(name)) ||
      typeof args !== 'object',
  );
  const tracks = groupByTrack(events);
  return [...malformed, ...nameless(events), ...[...tracks.values()].flatMap(overlapping)];
}

/** What is on a track, or in a process, that has no name, or several. */
function nameless(events: readonly ChromeEvent[]): ChromeEvent[] {
  const namesOf = ({ pid, tid }: ChromeEvent, what: 'process_name' | 'thread_name'): number =>
    events.filter((each) => each.name === what && each.pid === pid && each.tid === tid).length;
  const onTracks = new Map(
    events.filter(({ ph }) => ph === 'X' || ph === 'i').map((event) => [`${event.pid} ${event.tid}`, event]),
  );
  return [...onTracks.values()].filter(
    (event) => namesOf(event, 'thread_name') !== 1 || namesOf({ ...event, tid: 0 }, 'process_name') !== 1,
  );
}

function groupByTrack(events: readonly ChromeEvent[]): Map<string, ChromeEvent[]> {
  const tracks = new Map<string, ChromeEvent[]>();
  for (const event of events.filter(({ ph }) => ph === 'X')) {
    const track = `${event.pid} ${event.tid}`;
    tracks.set(track, [...(tracks.get(track) ?? []), event]);
  }
  return tracks;
}

/** Slices of one track that are neither apart nor one within the other. */
function overlapping(track: readonly ChromeEvent[]): ChromeEvent[] {
  const open: number[] = [];
  return track.filter(({ ts, dur = 0 }) => {
    while (open.length > 0 && open.at(-1)! <= ts) {
      open.pop();
    }
    const fits = open.length === 0 || ts + dur <= open.at(-1)!;
    open.push(ts + dur);
    return !fits;
  });
}

describe('The Chrome trace of a scope', () => {
  it('has a slice for the scope, and for each child, in µs', () => {
    const events = eventsOf(
      recorded((scope) => {
        scope.start(named('a')(40));
        timer(10).subscribe(() => scope.start(named('b')(20)));
      }),
    );

    expect(slices(events, 'scope')).toEqual(['page 0+40000']);
    expect(slices(events, 'child')).toEqual(['a 0+40000', 'b 10000+20000']);
    expect(wrong(events)).toEqual([]);
  });

  it('says of each child how it ended, and how long it was in the queue', () => {
    const events = eventsOf(
      recorded(
        (scope) => {
          scope.start(interval(10).pipe(take(3)));
          scope.start(named('b')(20, { fails: 'Oh no!' }));
        },
        { concurrency: 1 },
      ),
    );

    expect(events.filter(({ cat }) => cat === 'child').map(({ args }) => args)).toEqual([
      { id: 1, scope: 'page', outcome: 'succeeded', why: '', queuedMs: 0, values: 3 },
      { id: 2, scope: 'page', outcome: 'failed', why: 'RangeError: Oh no!', queuedMs: 30, values: 0 },
    ]);
  });

  it('marks failures and cancels, and has the cleanup within its child', () => {
    const events = eventsOf(
      recorded((scope) => {
        scope.start(named('a')(Infinity, { cleanup: 10 }));
        scope.start(named('b')(20, { fails: 'Oh no!' }));
      }),
    );

    const instants = events
      .filter(({ ph }) => ph === 'i')
      .map(({ name, ts, s }) => `${name} ${ts} ${s ?? ''}`);
    expect(instants).toEqual(['cancelled 20000 t', 'failed 20000 t']);
    expect(slices(events, 'child')).toEqual(['a 0+30000', 'b 0+20000']);
    expect(slices(events, 'cleanup')).toEqual(['cleanup 20000+10000']);
    expect(wrong(events)).toEqual([]);
  });

  it('has a process for each scope that was added, and a track for each lane, by name', () => {
    virtually((flush) => {
      const recording = trace();
      const [one, two] = ['one', 'two'].map((name) => new AsyncScope({ name }));
      recording.add(one!).add(two!);
      one!.start(named('a')(10));
      one!.start(named('a')(10));
      two!.start(
        AsyncScope.run(
          function* b(inner) {
            inner.start(named('c')(10));
            yield* sleep(1);
          },
          { name: 'inner' },
        ),
      );
      flush();
      one!.close();
      two!.close();
      flush();

      const names = eventsOf(recording)
        .filter(({ ph, name }) => ph === 'M' && name !== 'thread_sort_index')
        .map(({ name, pid, tid, args }) => `${name} ${pid}.${tid}: ${String(args['name'])}`);
      expect(names).toEqual([
        'process_name 1.0: one',
        'thread_name 1.1: one',
        'thread_name 1.2: one › a',
        'thread_name 1.3: one › a',
        'process_name 2.0: two',
        'thread_name 2.1: two',
        'thread_name 2.2: two › b',
        'thread_name 2.3: two › b › inner',
        'thread_name 2.4: two › b › inner › c',
      ]);
    });
  });

  it('counts how many run, clean up, and are in the queue', () => {
    const events = eventsOf(
      recorded(
        (scope) => {
          scope.start(named('a')(10));
          scope.start(named('b')(Infinity, { cleanup: 5 }));
          timer(30).subscribe(() => scope.cancel());
        },
        { concurrency: 1 },
      ),
    );

    const counts = events.filter(({ ph }) => ph === 'C').map(({ ts, args }) => [ts, ...Object.values(args)]);
    expect(counts).toEqual([
      [0, 1, 0, 1],
      [10_000, 1, 0, 0],
      [30_000, 0, 1, 0],
      [35_000, 0, 0, 0],
    ]);
  });

  it('is valid for thousands of children of random lives, in scopes of scopes', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const nest = tamed(function* nest(depth: number): Generator<never, void, never> {
      yield* sleep(20 * random());
      if (depth > 0) {
        yield* AsyncScope.run(
          (inner) => {
            for (let i = 0; i < 3; i++) {
              inner.start(nest(depth - 1));
              inner.start(
                work(30 * random(), random() < 0.1 ? { fails: 'Oh no!' } : { cleanup: 5 * random() }),
              );
            }
          },
          { errorMode: 'continue', name: random() < 0.5 ? 'inner' : '' },
        );
      }
    });
    const recording = recorded(
      (scope) => {
        for (let i = 0; i < 100; i++) {
          scope.start(nest(2));
        }
        timer(300).subscribe(() => scope.cancel());
      },
      { concurrency: 30, errorMode: 'continue' },
    );

    const events = eventsOf(recording);
    expect(events.length).toBeGreaterThan(1000);
    expect(wrong(events)).toEqual([]);
  });

  it('shows what has not ended yet up to the present', () => {
    virtually((flush) => {
      const scope = new AsyncScope({ name: 'page' });
      const recording = trace(scope);
      let events: ChromeEvent[] = [];
      scope.start(named('a')(Infinity));
      timer(30).subscribe(() => {
        events = eventsOf(recording);
        scope.cancel();
      });
      flush();

      expect(slices(events, 'child')).toEqual(['a 0+30000']);
      expect(events.find(({ cat }) => cat === 'child')?.args).toEqual(
        jasmine.objectContaining({ outcome: 'running' }),
      );
    });
  });

  it('is empty where nothing was recorded', () => {
    expect(trace().chrome()).toEqual({ traceEvents: [], displayTimeUnit: 'ms' });
  });
});
