import {
  catchError,
  filter,
  finalize,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  throwError,
  timer,
} from 'rxjs';

import {
  AsyncScope,
  CancelledError,
  cleanup,
  type DelayedResult,
  sleep,
  tamed,
  type TamedCall,
  within,
} from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';
import { onVirtualTime } from '../support/virtual-time.ts';
import { failure } from './failure.ts';

/** Notes when it begins and ends, in virtual time. */
const work = tamed(function* work(log: string[], name: string, ms: number) {
  log.push(`${name} begins`);
  yield* sleep(ms);
  log.push(`${name} ends`);
  return name;
});

type Hearing = (result: DelayedResult<never>, heard: unknown[]) => Generator<never, void>;

describe('The concurrency of a scope', () => {
  describe('with more children than that', () => {
    it('runs so many at once', () => {
      const scope = new AsyncScope({ concurrency: 2 });
      const log: string[] = [];

      scope.start(work(log, 'a', Infinity));
      scope.start(work(log, 'b', Infinity));
      scope.start(work(log, 'c', Infinity));

      expect(log).toEqual(['a begins', 'b begins']);
    });

    it('lists the others as queued, and counts them', () => {
      const scope = new AsyncScope({ concurrency: 1 });

      scope.start(sleep(Infinity));
      scope.start(sleep(Infinity));

      expect(scope.children.map(({ state }) => state)).toEqual(['running', 'queued']);
      expect(scope.size).toBe(2);
    });

    it('gives a pending result of one that is queued', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      scope.start(sleep(Infinity));

      expect(scope.start(of(1)).status).toBe('pending');
    });

    it('begins the next when one ends', () => {
      onVirtualTime(({ cold, expectSubscriptions }) => {
        const first = '     --|     ';
        const second = '    -----|  ';
        const third = '     --|     ';
        const firstSubs = ' ^-!  ';
        const secondSubs = '^----!';
        const thirdSubs = ' --^-!';
        const scope = new AsyncScope({ concurrency: 2 });
        const sources = [cold(first), cold(second), cold(third)];

        sources.forEach((source) => scope.start(source));

        expectSubscriptions(sources[0]!.subscriptions).toBe(firstSubs);
        expectSubscriptions(sources[1]!.subscriptions).toBe(secondSubs);
        expectSubscriptions(sources[2]!.subscriptions).toBe(thirdSubs);
      });
    });

    it('begins them in the order of their start', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const log: string[] = [];

        scope.start(work(log, 'a', 3));
        scope.start(work(log, 'b', 1));
        scope.start(work(log, 'c', 2));
        flush();

        expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
      });
    });

    it('lets none jump the queue that is started when a place becomes free', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const log: string[] = [];
        scope.start(work(log, 'a', 1)).subscribe({ complete: () => scope.start(work(log, 'late', 1)) });
        scope.start(work(log, 'b', 1));

        flush();

        expect(log.filter((entry) => entry.endsWith('begins'))).toEqual([
          'a begins',
          'b begins',
          'late begins',
        ]);
      });
    });

    it('waits for all of them when it closes', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope({ concurrency: 2 });
        scope.start(sleep(2));
        scope.start(sleep(2));
        scope.start(sleep(3));

        expectObservable(scope.close()).toBe('-----(a|)', { a: undefined });
      });
    });

    it('yields the result of one that was queued', async () => {
      await using scope = new AsyncScope({ concurrency: 1 });
      scope.start(sleep(1));

      expect(await scope.start(of('value'))).toBe('value');
    });

    it('lets a child keep its place until its cleanup has ended', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const begun: number[] = [];
        scope.start(timer(2).pipe(finalize(() => cleanup(sleep(3)))));
        scope.start(of('next'));
        scope.events$.pipe(filter(({ type }) => type === 'start')).subscribe(({ time }) => begun.push(time));

        flush();

        expect(begun).toEqual([5]);
      });
    });

    it('begins the next when one has failed, under errorMode "continue"', () => {
      onVirtualTime(({ cold, expectObservable }) => {
        const scope = new AsyncScope({ concurrency: 1, errorMode: 'continue' });
        scope.start(cold('--#')).subscribe({ error: () => undefined });

        expectObservable(scope.start(cold('a|'))).toBe('--a|');
      });
    });

    it('begins none after a failure that cancels the scope', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const log: string[] = [];
      const source = new Subject<never>();
      scope.start(source).catch(() => undefined);
      const queued = scope.start(work(log, 'queued', 0));

      source.error(failure);

      expect(log).toEqual([]);
      expect(queued.status).toBe('cancelled');
    });

    it('begins none that is started by those who hear of such a failure', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const log: string[] = [];
      const source = new Subject<never>();
      scope.start(source).subscribe({ error: () => scope.start(work(log, 'late', 0)) });

      source.error(failure);

      expect(log).toEqual([]);
      expect(scope.size).toBe(0);
    });

    it('drops the queue when the scope is cancelled', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const log: string[] = [];
      scope.start(sleep(Infinity));
      const queued = scope.start(work(log, 'queued', 0));

      scope.cancel();

      expect(queued.status).toBe('cancelled');
      expect(scope.size).toBe(0);
      expect(log).toEqual([]);
    });

    it('begins none while those who run are torn down', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const log: string[] = [];
      scope.start(NEVER.pipe(finalize(() => log.push('torn down'))));
      scope.start(work(log, 'queued', 0));

      scope.cancel();

      expect(log).toEqual(['torn down']);
    });

    it('has room for a new one as soon as one has ended synchronously', () => {
      const scope = new AsyncScope({ concurrency: 1 });

      const results = [scope.start(of(1)), scope.start(of(2)), scope.start(of(3))];

      expect(results.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    });

    it('does not need the stack for a long queue', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const source = new Subject<never>();
      scope.start(source);
      const results = Array.from({ length: 20_000 }, () => scope.start(of(1)));

      source.complete();

      expect(results.every(({ status }) => status === 'succeeded')).toBeTrue();
    });

    it('cancels those who are queued without counting them as failures', async () => {
      const scope = new AsyncScope({ concurrency: 1, exitMode: 'cancel' });
      scope.start(sleep(Infinity));
      const queued = scope.start(of(1));

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
      await expectAsync(queued).toBeRejectedWithError(CancelledError);
    });
  });

  describe('under which a child waits for a queued child', () => {
    it('gives the place of who waits to the other, if it is a generator', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const log: string[] = [];
        const outer = tamed(function* () {
          log.push('outer begins');
          log.push(`outer got ${yield* scope.start(work(log, 'inner', 2))}`);
        });

        scope.start(outer());
        flush();

        expect(log).toEqual(['outer begins', 'inner begins', 'inner ends', 'outer got inner']);
      });
    });

    it('gives it, if it is an async function', async () => {
      await using scope = new AsyncScope({ concurrency: 1 });
      const outer = tamed(async () => await scope.start(of('inner')));

      expect(await scope.start(outer())).toBe('inner');
    });

    onlyWhere.contextIsCarried.it(
      'gives it, if it is an async function, after its first await, too',
      async () => {
        await using scope = new AsyncScope({ concurrency: 1 });
        const outer = tamed(async () => {
          await sleep(1);
          return await scope.start(of('inner'));
        });

        expect(await scope.start(outer())).toBe('inner');
      },
    );

    it('gives it, if it is an Observable', async () => {
      await using scope = new AsyncScope({ concurrency: 1 });
      const outer = new Observable<string>((subscriber) => scope.start(of('inner')).subscribe(subscriber));

      expect(await scope.start(outer)).toBe('inner');
    });

    it('gives it, if a call in it waits', async () => {
      await using scope = new AsyncScope({ concurrency: 1 });
      const helper = tamed(function* () {
        return yield* scope.start(of('inner'));
      });
      const outer = tamed(function* () {
        return yield* helper();
      });

      expect(await scope.start(outer())).toBe('inner');
    });

    it('gives it, if it waits under operators', async () => {
      await using scope = new AsyncScope({ concurrency: 1 });
      const outer = tamed(function* () {
        return yield* tamed.from(scope.start(of('inner')).pipe(map((value) => `${value} mapped`)));
      });

      expect(await scope.start(outer().pipe(take(1)))).toBe('inner mapped');
    });

    it('gives it, if it waits for several', async () => {
      await using scope = new AsyncScope({ concurrency: 1 });
      const log: string[] = [];
      const outer = tamed(async () => {
        const results = ['a', 'b', 'c'].map((name) => scope.start(work(log, name, 1)));
        return await Promise.all(results);
      });

      expect(await scope.start(outer())).toEqual(['a', 'b', 'c']);
      expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    });

    it('gives it, if it waits for them in tamed.all', async () => {
      await using scope = new AsyncScope({ concurrency: 1 });
      const outer = tamed(function* () {
        return yield* tamed.all([scope.start(of(1)), scope.start(of(2))]);
      });

      expect(await scope.start(outer())).toEqual([1, 2]);
    });

    it('gives it, if it loops over one', async () => {
      await using scope = new AsyncScope({ concurrency: 1 });
      const outer = tamed(async () => {
        const seen: number[] = [];
        for await (const value of scope.start(of(1, 2))) {
          seen.push(value);
        }
        return seen;
      });

      expect(await scope.start(outer())).toEqual([1, 2]);
    });

    it('gives it, however deep', async () => {
      await using scope = new AsyncScope({ concurrency: 2 });
      const fibonacci = tamed(function* (n: number): Generator<never, number, never> {
        if (n < 2) {
          return n;
        }
        const results = [scope.start(fibonacci(n - 1)), scope.start(fibonacci(n - 2))];
        return (yield* results[0]!) + (yield* results[1]!);
      });

      expect(await scope.start(fibonacci(10))).toBe(55);
    });

    it('gives it, if it waits in the body of a run', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const outer = tamed(function* () {
          return yield* AsyncScope.run(function* () {
            return yield* scope.start(of('inner'));
          });
        });

        const result = scope.start(outer());
        flush();

        expect(result.status).toBe('succeeded');
        scope.cancel();
      });
    });

    it('gives it, if a child of a run in it waits', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const outer = AsyncScope.run((inner) => {
          inner.start(tamed(() => scope.start(of('inner')))());
          return 'outer';
        });

        const result = scope.start(outer);
        flush();

        expect(result.status).toBe('succeeded');
        scope.cancel();
      });
    });

    it('gives it, if a child of a scope that it made waits', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const outer = tamed(function* () {
          const inner = new AsyncScope({ concurrency: 1 });
          const waits = tamed(function* () {
            return yield* scope.start(of('inner'));
          });
          return yield* inner.start(waits());
        });

        const result = scope.start(outer());
        flush();

        expect(result.status).toBe('succeeded');
        scope.cancel();
      });
    });

    it('finds who waits, however deep that is nested', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const nested = (depth: number): TamedCall<string> =>
        depth === 0
          ? tamed(() => scope.start(of('inner')))()
          : AsyncScope.run((inner) => inner.start(nested(depth - 1)));

      const result = scope.start(nested(100));

      expect(result.value).toBe('inner');
    });

    it('gives the place, too, of who waits for one that has given up its own', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const first = scope.start(
          tamed(function* () {
            yield* sleep(1);
            return yield* scope.start(of('last in the queue'));
          })(),
        );
        const second = scope.start(
          tamed(function* () {
            return yield* first;
          })(),
        );
        flush();

        expect(second.status).toBe('succeeded');
        scope.cancel();
      });
    });

    it('gives it also when the other gives up its own only later', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 2 });
        const first = scope.start(
          tamed(function* () {
            yield* sleep(1);
            return yield* scope.start(of('last in the queue'));
          })(),
        );
        const waiting = tamed(function* (result: DelayedResult<string>): Generator<never, string, never> {
          return yield* result;
        });
        const second = scope.start(waiting(first));
        const third = scope.start(waiting(second));
        flush();

        expect(third.status).toBe('succeeded');
        scope.cancel();
      });
    });

    it('takes the place back when it goes on', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const log: string[] = [];
        const outer = tamed(function* () {
          yield* scope.start(work(log, 'inner', 1));
          log.push('outer goes on');
          yield* sleep(2);
          log.push('outer ends');
        });

        scope.start(outer());
        scope.start(work(log, 'next', 1));
        flush();

        expect(log).toEqual([
          'inner begins',
          'inner ends',
          'outer goes on',
          'outer ends',
          'next begins',
          'next ends',
        ]);
      });
    });

    it('keeps to the order of the queue', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const log: string[] = [];
        const outer = tamed(function* () {
          yield* sleep(1);
          yield* scope.start(work(log, 'inner', 1));
          log.push('outer goes on');
        });

        scope.start(outer());
        scope.start(work(log, 'first', 1));
        flush();

        expect(log).toEqual(['first begins', 'first ends', 'inner begins', 'inner ends', 'outer goes on']);
      });
    });

    it('keeps the place of who waits for a child that runs', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 2 });
        const log: string[] = [];
        const result = scope.start(work(log, 'a', 3));
        const outer = tamed(function* () {
          yield* result;
          log.push('outer goes on');
        });

        scope.start(outer());
        scope.start(work(log, 'queued', 1));
        flush();

        expect(log).toEqual(['a begins', 'a ends', 'outer goes on', 'queued begins', 'queued ends']);
      });
    });

    it('keeps the place of who waits for one by within() that begins at once', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 2 });
        const log: string[] = [];

        scope.start(work(log, 'inner', 3).pipe(within(scope)));
        scope.start(work(log, 'queued', 1));
        flush();

        expect(log).toEqual(['inner begins', 'inner ends', 'queued begins', 'queued ends']);
      });
    });

    it('gives the place of who waits for one by within() that is queued', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        const events: string[] = [];
        scope.events$.subscribe(({ type, id }) => events.push(`${type} ${id}`));

        scope.start(sleep(1).pipe(within(scope)));
        flush();

        expect(events.slice(0, 3)).toEqual(['start 1', 'queue 2', 'start 2']);
      });
    });

    it('keeps the place of who waits for a queued child of another scope', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const other = new AsyncScope({ concurrency: 1 });
      const log: string[] = [];
      other.start(sleep(Infinity));
      const result = other.start(of(1));
      scope.start(
        tamed(function* () {
          yield* result;
        })(),
      );

      scope.start(work(log, 'queued', 0));

      expect(log).toEqual([]);
    });

    const hearing: Record<string, (result: DelayedResult<never>, heard: unknown[]) => unknown> = {
      *'a generator'(result, heard) {
        try {
          yield* result;
        } catch (error) {
          heard.push(error);
        }
      },
      async 'an async function'(result, heard) {
        await result.catch((error: unknown) => heard.push(error));
      },
      async *'an async generator'(result, heard) {
        yield await result.catch((error: unknown) => heard.push(error));
      },
      'an Observable': (result, heard) => result.pipe(catchError((error) => of(heard.push(error)))),
      'a generator under operators': (result, heard) =>
        tamed(hearing['a generator'] as Hearing)(result, heard).pipe(map((value) => value)),
      'the body of a run': (result, heard) =>
        AsyncScope.run(() => tamed(hearing['a generator'] as Hearing)(result, heard)),
    };
    for (const [shape, code] of Object.entries(hearing)) {
      it(`tells it first if the other fails at once, and then cancels the scope, in ${shape}`, async () => {
        const scope = new AsyncScope({ concurrency: 1 });
        const heard: unknown[] = [];
        scope.start(tamed(() => code(scope.start(throwError(() => failure)), heard))());

        await expectAsync(scope.close()).toBeResolvedTo(undefined);

        expect(heard).toEqual([failure]);
        expect(scope.cancelled).toBeTrue();
      });
    }

    it('takes the place back when it waits no longer', async () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const log: string[] = [];
      const outer = tamed(function* () {
        yield* sleep(0);
        const queued = scope.start(of('inner'));
        queued.subscribe().unsubscribe();
        log.push('outer goes on');
        yield* sleep(2);
        log.push('outer ends');
      });
      scope.start(outer());
      scope.start(work(log, 'next', 5));

      await scope.close();

      expect(log.slice(-1)).toEqual(['next ends']);
      expect(log).toContain('outer ends');
    });

    it('gives no place to who has ended, and has left behind a subscription of one that waits then', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ concurrency: 2 });
        const log: string[] = [];
        const outer = tamed(function* () {
          yield* sleep(1);
          yield* scope.start(work(log, 'inner', 1));
        });
        const result = scope.start(outer());
        scope.start(tamed(() => void result.subscribe())());
        scope.start(work(log, 'beside', 5));
        flush();
        log.length = 0;

        scope.start(work(log, 'one', 1));
        scope.start(work(log, 'another', 1));
        flush();

        expect(log).toEqual(['one begins', 'another begins', 'one ends', 'another ends']);
      });
    });
  });

  describe('for what is no child', () => {
    it('leaves a nested scope alone', async () => {
      await using scope = new AsyncScope({ concurrency: 1 });
      const outer = tamed(function* () {
        const nested = new AsyncScope({ parent: scope });
        const value = yield* nested.start(of('nested'));
        yield* nested.close();
        return value;
      });

      expect(await scope.start(outer())).toBe('nested');
    });

    it('has no limit by default', () => {
      const scope = new AsyncScope();

      for (let i = 0; i < 1000; i++) {
        scope.start(NEVER);
      }

      expect(scope.children.every(({ state }) => state === 'running')).toBeTrue();
    });
  });
});
