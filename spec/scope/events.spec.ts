import {
  asyncScheduler,
  config,
  finalize,
  from,
  interval,
  NEVER,
  of,
  Subject,
  throwError,
  timer,
} from 'rxjs';
import { concat, delay, map, take } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { AsyncScope, cleanup, type ScopeEvent, sleep, tamed, within } from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';

const failure = new Error('Oh no!');

/** Cleans up for so many ms when it is cancelled. */
const patient = tamed(function* patient(ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
  }
});

/** All that a scope tells from here on. */
function eventsOf(scope: AsyncScope): ScopeEvent[] {
  const events: ScopeEvent[] = [];
  scope.events$.subscribe((event) => events.push(event));
  return events;
}

/** The same in a word each: what happened to which child. */
function typesOf(scope: AsyncScope): string[] {
  const types: string[] = [];
  scope.events$.subscribe(({ type, id }) => types.push(`${type} ${id}`));
  return types;
}

function virtually(test: (flush: () => void) => void): void {
  new TestScheduler(() => undefined).run(({ flush }) => test(flush));
}

describe('The events$ of a scope', () => {
  const { onUnhandledError } = config;
  let unhandled: unknown[];

  beforeEach(() => {
    unhandled = [];
    config.onUnhandledError = (error) => unhandled.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
  });

  describe('tell of a child', () => {
    it('its start, its values and its end, with its number and its name', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        const events = eventsOf(scope);
        const count = tamed(function count() {
          return concat(of('a'), timer(2).pipe(map(() => 'b')));
        });

        scope.start(count());
        flush();

        const child = { id: 1, name: 'count' };
        expect(events).toEqual([
          { type: 'start', ...child, time: 0 },
          { type: 'next', value: 'a', ...child, time: 0 },
          { type: 'next', value: 'b', ...child, time: 2 },
          { type: 'complete', ...child, time: 2 },
        ]);
      });
    });

    it('its failure', () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      const events = eventsOf(scope);

      scope.start(throwError(() => failure));
      scope.close().catch(() => undefined);

      expect(events.slice(1)).toEqual([
        { type: 'error', error: failure, id: 1, name: '', time: jasmine.any(Number) as never },
      ]);
    });

    it('that it has to wait for its turn, and gets it', () => {
      virtually((flush) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const events = eventsOf(scope);

        scope.start(sleep(3));
        scope.start(sleep(1));
        flush();

        expect(events.map(({ type, id, time }) => `${time}: ${type} ${id}`)).toEqual([
          '0: start 1',
          '0: queue 2',
          '3: next 1',
          '3: complete 1',
          '3: start 2',
          '4: next 2',
          '4: complete 2',
        ]);
      });
    });

    it('its cancel with the reason, and the end of its cleanup where that took time', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        const events = eventsOf(scope);
        scope.start(patient(4));
        scope.start(sleep(Infinity));
        timer(2).subscribe(() => scope.cancel('reason'));

        flush();

        expect(events.slice(2)).toEqual([
          { type: 'cancel', reason: 'reason', id: 1, name: 'patient', time: 2 },
          { type: 'cancel', reason: 'reason', id: 2, name: 'sleep', time: 2 },
          { type: 'cleanup', id: 1, name: 'patient', time: 6 },
        ]);
      });
    });

    it('the end of a cleanup that came after a normal end', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        const events = eventsOf(scope);

        scope.start(timer(1).pipe(finalize(() => cleanup(sleep(2)))));
        flush();

        expect(events.map(({ type, time }) => `${time}: ${type}`)).toEqual([
          '0: start',
          '1: next',
          '1: complete',
          '3: cleanup',
        ]);
      });
    });

    it('the end of a cleanup once, though its observer cancels the scope, in which its code waits for another child', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        const types: string[] = [];
        scope.events$.subscribe(({ type, id }) => {
          types.push(`${type} ${id}`);
          if (type === 'cleanup') {
            scope.cancel();
          }
        });
        const teardown = (): void => {
          scope.start(sleep(50)).subscribe();
          cleanup(sleep(3));
        };
        scope.start(sleep(1).pipe(finalize(teardown)));

        await sleep(20);
        await scope.close();

        expect(types).toEqual(['start 1', 'next 1', 'complete 1', 'start 2', 'cleanup 1', 'cancel 2']);
      });
    });

    it('the end of no cleanup that was over before, or that took no time', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        const events = eventsOf(scope);
        const tidy = tamed(function* () {
          yield* cleanup(sleep(1));
          yield* tamed.from(NEVER.pipe(finalize(() => cleanup(of('at once')))));
        });
        const leaving = tamed(function* () {
          yield* tamed.from(
            interval(1).pipe(
              finalize(() => cleanup(sleep(1))),
              take(1),
            ),
          );
          yield* sleep(2);
        });

        scope.start(tidy());
        scope.start(leaving());
        timer(5).subscribe(() => scope.cancel());
        flush();

        const types = events.map(({ type, id }) => `${type} ${id}`);
        expect(types).toEqual(['start 1', 'start 2', 'next 2', 'complete 2', 'cancel 1']);
      });
    });

    it('that it was let go, because nothing could tell it', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const types = typesOf(scope);
      const absent = tamed(async () => new Promise<void>(() => undefined));

      scope.start(absent());
      await scope.close();

      expect(types).toEqual(['start 1', 'cancel 1', 'abandon 1', 'cleanup 1']);
    });

    it('that it was cancelled in the queue', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const types = typesOf(scope);
      scope.start(NEVER);
      scope.start(NEVER);

      scope.cancel();

      expect(types).toEqual(['start 1', 'queue 2', 'cancel 1', 'cancel 2']);
    });

    it('the failure that cancels another as the reason of that', () => {
      const scope = new AsyncScope();
      const events = eventsOf(scope);
      scope.start(NEVER);

      scope.start(throwError(() => failure));
      scope.close().catch(() => undefined);

      expect(events.map(({ type, id }) => `${type} ${id}`)).toEqual([
        'start 1',
        'start 2',
        'error 2',
        'cancel 1',
      ]);
      expect(events[3]).toEqual(jasmine.objectContaining({ reason: failure }));
    });

    it('that lives in a pipeline', () => {
      const scope = new AsyncScope();
      const types = typesOf(scope);

      of('a').pipe(within(scope)).subscribe();
      NEVER.pipe(within(scope)).subscribe().unsubscribe();

      expect(types).toEqual(['start 1', 'next 1', 'complete 1', 'start 2', 'cancel 2']);
    });
  });

  describe('come in order', () => {
    it('with a start just before the code runs', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.events$.subscribe(({ type }) => log.push(type));

      scope.start(tamed(() => log.push('runs'))());

      expect(log).toEqual(['start', 'runs', 'next', 'complete']);
    });

    it('with an end before those are told who wait for the result', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const source = new Subject<string>();
      scope.events$.subscribe(({ type }) => log.push(type));
      scope.start(source).subscribe({ next: (value) => log.push(value), complete: () => log.push('told') });

      source.next('value');
      source.complete();

      expect(log).toEqual(['start', 'next', 'value', 'complete', 'told']);
    });

    it('with a cancel before the child is torn down', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.events$.subscribe(({ type, id }) => log.push(`${type} ${id}`));
      scope.start(NEVER.pipe(finalize(() => log.push('teardown 1'))));
      scope.start(NEVER.pipe(finalize(() => log.push('teardown 2'))));

      scope.cancel();

      expect(log.slice(2)).toEqual(['cancel 1', 'teardown 1', 'cancel 2', 'teardown 2']);
    });

    it('with the numbers of the children by their start', () => {
      const scope = new AsyncScope();
      const types = typesOf(scope);

      ['a', 'b', 'c'].forEach((value) => scope.start(of(value)));

      expect(types.filter((type) => type.startsWith('start'))).toEqual(['start 1', 'start 2', 'start 3']);
    });

    it('with exactly one end for each child that has started', async () => {
      const scope = new AsyncScope({ errorMode: 'continue', concurrency: 2 });
      const types = typesOf(scope);
      scope.start(of(1));
      scope.start(throwError(() => failure)).catch(() => undefined);
      scope.start(sleep(1));
      scope.start(patient(1));
      scope.start(sleep(Infinity));
      await sleep(5);

      scope.cancel();
      await scope.close();

      const ends = types.filter((type) => /^(complete|error|cancel)/.test(type));
      expect(ends.map((end) => end.slice(-1)).sort()).toEqual(['1', '2', '3', '4', '5']);
    });
  });

  describe('complete', () => {
    it('when the scope closes, before those are told who wait for that', async () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.events$.subscribe({ complete: () => log.push('events$') });
      scope.values$.subscribe({ complete: () => log.push('values$') });
      scope.start(sleep(1));

      await scope.close().then(() => log.push('close'));

      expect(log).toEqual(['values$', 'events$', 'close']);
    });

    it('also when closing raises something', async () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.events$.subscribe({ error: () => log.push('error'), complete: () => log.push('complete') });
      scope.start(throwError(() => failure));

      await scope.close().catch(() => undefined);

      expect(log).toEqual(['complete']);
    });

    it('at once for who subscribes after that', async () => {
      const scope = new AsyncScope();
      await scope.close();
      const log: string[] = [];

      scope.events$.subscribe({ complete: () => log.push('events$') });
      scope.values$.subscribe({ complete: () => log.push('values$') });

      expect(log).toEqual(['events$', 'values$']);
    });

    it('not when the scope is cancelled, which closes later', async () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.events$.subscribe({ complete: () => log.push('complete') });

      scope.cancel();
      const before = [...log];
      await scope.close();

      expect([before, log]).toEqual([[], ['complete']]);
    });
  });

  describe('are hot', () => {
    it('so who comes late has missed something', () => {
      const scope = new AsyncScope();
      const source = new Subject<number>();
      scope.start(source);

      const types = typesOf(scope);
      source.next(1);

      expect(types).toEqual(['next 1']);
    });

    it('and the same for each subscriber', () => {
      const scope = new AsyncScope();
      const [first, second] = [eventsOf(scope), eventsOf(scope)];

      scope.start(of(1));

      expect(first.length).toBe(3);
      expect(second.every((event, index) => event === first[index])).toBeTrue();
    });

    it('and tell nothing more to who has unsubscribed', () => {
      const scope = new AsyncScope();
      const types: string[] = [];
      scope.events$.pipe(take(1)).subscribe(({ type }) => types.push(type));

      scope.start(of(1));

      expect(types).toEqual(['start']);
    });

    it('and tell who comes in the middle of one event of the next one', () => {
      const scope = new AsyncScope();
      let late: string[] = [];
      scope.events$.pipe(take(1)).subscribe(() => (late = typesOf(scope)));

      scope.start(of(1));

      expect(late).toEqual(['next 1', 'complete 1']);
    });

    it('and tell nothing to who is unsubscribed in the middle of an event, before its turn', () => {
      const scope = new AsyncScope();
      const heard: string[] = [];
      scope.events$.subscribe(() => second.unsubscribe());
      const second = scope.events$.subscribe(({ type }) => heard.push(type));
      scope.events$.subscribe(({ type }) => heard.push(`third ${type}`));

      scope.start(of(1));

      expect(heard).toEqual(['third start', 'third next', 'third complete']);
    });

    it('and cannot be fed by those who have them', () => {
      const scope = new AsyncScope();

      expect(scope.events$).not.toBeInstanceOf(Subject);
      expect(scope.values$).not.toBeInstanceOf(Subject);
    });
  });

  describe('seen by an observer', () => {
    it('that cancels at the start, keep the code of the child from running', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.events$.subscribe(({ type }) => {
        log.push(type);
        if (type === 'start') {
          scope.cancel();
        }
      });

      scope.start(tamed(() => log.push('runs'))());

      expect(log).toEqual(['start', 'cancel']);
    });

    it('that cancels at a value, tell of no further value', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.events$.subscribe(({ type }) => {
        log.push(type);
        if (type === 'next') {
          scope.cancel();
        }
      });

      scope.start(from([1, 2, 3]));

      expect(log.slice(0, 3)).toEqual(['start', 'next', 'cancel']);
      expect(log).not.toContain('complete');
      expect(log.filter((type) => type === 'next').length).toBe(1);
    });

    it('that cancels at an end, leave the child with that end', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.events$.subscribe(({ type }) => {
        log.push(type);
        if (type === 'complete') {
          scope.cancel();
        }
      });

      const result = scope.start(of(1));

      expect([log, result.status]).toEqual([['start', 'next', 'complete'], 'succeeded']);
    });

    it('that cancels at the turn of a queued child, keep that from running', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const log: string[] = [];
      const source = new Subject<never>();
      scope.start(source);
      scope.start(tamed(() => log.push('runs'))());
      scope.events$.subscribe(({ type }) => {
        if (type === 'start') {
          scope.cancel();
        }
      });

      source.complete();

      expect(log).toEqual([]);
      expect(scope.size).toBe(0);
    });

    it('that starts another child, tell of that in the middle', () => {
      const scope = new AsyncScope();
      const types: string[] = [];
      scope.events$.subscribe(({ type, id }) => {
        types.push(`${type} ${id}`);
        if (type === 'complete' && id === 1) {
          scope.start(of('another'));
        }
      });

      scope.start(of('one'));

      expect(types).toEqual(['start 1', 'next 1', 'complete 1', 'start 2', 'next 2', 'complete 2']);
    });

    it('that closes, complete when the last child has ended', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.events$.subscribe({
        next: ({ type }) => {
          log.push(type);
          void scope.close();
        },
        complete: () => log.push('closed'),
      });

      scope.start(of(1));

      expect(log).toEqual(['start', 'next', 'complete', 'closed']);
    });

    it('that throws, go on, and the child too: RxJS reports what it throws', async () => {
      const scope = new AsyncScope();
      scope.events$.subscribe(() => {
        throw failure;
      });
      const types = typesOf(scope);

      const result = scope.start(of(1));
      await scope.close();
      await sleep(1);

      expect([types, result.status]).toEqual([['start 1', 'next 1', 'complete 1'], 'succeeded']);
      expect(unhandled).toEqual([failure, failure, failure]);
    });

    it('that makes a scope, leave that alone when the child is cancelled', () => {
      const scope = new AsyncScope();
      const made: AsyncScope[] = [];
      scope.events$.subscribe(() => made.push(new AsyncScope()));
      scope.values$.subscribe(() => made.push(new AsyncScope()));
      scope.start(tamed(() => concat(of(1), NEVER))());

      scope.cancel();

      expect(made.map(({ cancelled }) => cancelled)).toEqual([false, false, false, false]);
    });
  });

  it('look at no clock while nobody is subscribed', () => {
    const clock = spyOn(asyncScheduler, 'now').and.callThrough();
    const scope = new AsyncScope();
    const subscription = scope.events$.subscribe();
    subscription.unsubscribe();

    scope.start(of(1));

    expect(clock).not.toHaveBeenCalled();
  });

  it('have the time of the clock elsewhere', async () => {
    const scope = new AsyncScope();
    const events = eventsOf(scope);
    spyOn(Date, 'now').and.returnValue(1_234);

    scope.start(of(1));

    expect(events[0]!.time).toBe(1_234);
  });
});

describe('The values$ of a scope', () => {
  it('are what the children emit, merged, as it comes', () => {
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
      ({ cold, expectObservable }) => {
        const scope = new AsyncScope();
        const one = cold('  a---b---(c|)');
        const another = cold('--x---y|    ');
        const expected = '    a-x-b-y-(c|)';

        expectObservable(scope.values$).toBe(expected);
        scope.start(one);
        scope.start(another);
        void scope.close();
      },
    );
  });

  it('do not error when a child fails', async () => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    const log: unknown[] = [];
    scope.values$.subscribe({
      next: (value) => log.push(value),
      error: () => log.push('error'),
      complete: () => log.push('complete'),
    });
    scope.start(throwError(() => failure));
    scope.start(of('value').pipe(delay(1)));

    await scope.close().catch(() => undefined);

    expect(log).toEqual(['value', 'complete']);
  });

  it('hold nothing of a child that was cancelled', () => {
    const scope = new AsyncScope();
    const values: unknown[] = [];
    scope.values$.subscribe((value) => values.push(value));
    const source = new Subject<number>();
    scope.start(source);

    source.next(1);
    scope.cancel();
    source.next(2);

    expect(values).toEqual([1]);
  });

  it('come before those are told who wait for the result', () => {
    const scope = new AsyncScope();
    const log: string[] = [];
    const source = new Subject<string>();
    scope.values$.subscribe(() => log.push('values$'));
    scope.start(source).subscribe(() => log.push('result'));

    source.next('value');

    expect(log).toEqual(['values$', 'result']);
  });

  it('let an observer cancel in the middle of a synchronous source', () => {
    const scope = new AsyncScope();
    const values: unknown[] = [];
    scope.values$.subscribe((value) => {
      values.push(value);
      scope.cancel();
    });

    const result = scope.start(from([1, 2, 3]));

    expect([values, result.status]).toEqual([[1], 'cancelled']);
  });

  it('let an observer start another child, whose values come in the middle', () => {
    const scope = new AsyncScope();
    const values: unknown[] = [];
    scope.values$.subscribe((value) => {
      values.push(value);
      if (value === 1) {
        scope.start(of('another'));
      }
    });

    scope.start(from([1, 2]));

    expect(values).toEqual([1, 'another', 2]);
  });

  it('are not awaiting: a failure is raised all the same, and an AwaitError too', async () => {
    const scope = new AsyncScope({ exitMode: 'raise' });
    scope.values$.subscribe();
    const result = scope.start(of(1));

    await expectAsync(scope.close()).toBeRejected();
    expect(result.awaited).toBeFalse();
  });
});
