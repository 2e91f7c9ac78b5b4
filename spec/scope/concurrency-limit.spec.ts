import {
  asyncScheduler,
  catchError,
  config,
  filter,
  finalize,
  map,
  NEVER,
  Observable,
  of,
  type OperatorFunction,
  Subject,
  take,
  throwError,
  TimeoutError,
  timer,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  AsyncScope,
  type AsyncScopeOptions,
  CancelledError,
  cleanup,
  CleanupTimeoutError,
  type DelayedResult,
  ScopeError,
  sleep,
  tamed,
  type TamedCall,
} from '../../src/index.ts';
import { listenersOf, onlyWhere } from '../support/runtime.ts';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function onVirtualTime(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

/** Long enough for what comes a macrotask later, and for RxJS to report it. */
async function macrotasks(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
}

async function errorOf(result: PromiseLike<unknown>): Promise<unknown> {
  try {
    await result;
  } catch (error) {
    return error;
  }
  throw new Error('It was to fail.');
}

function nameOfError(): OperatorFunction<void, unknown> {
  return catchError((error: Error) => of(error.name));
}

function raise(): never {
  throw failure;
}

const failure = new Error('Oh no!');

/** Notes when it begins and ends, in virtual time. */
const work = tamed(function* work(log: string[], name: string, ms: number) {
  log.push(`${name} begins`);
  yield* sleep(ms);
  log.push(`${name} ends`);
  return name;
});

/** Cleans up for so many ms when it is cancelled. */
const patient = tamed(function* patient(ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
  }
});

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

describe('The timeout of a scope', () => {
  it('cancels it after so many ms', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });

      expectObservable(scope.start(timer(2, 3))).toBe('--a-|', { a: 0 });
      scope.close().catch(() => undefined);
    });
  });

  it('lets close raise the TimeoutError of RxJS, if it cut off a child', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });
      scope.start(sleep(Infinity));

      expectObservable(scope.close().pipe(nameOfError())).toBe('----(a|)', { a: 'TimeoutError' });
    });
  });

  it('lets close raise an error that RxJS readers know by its class', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    scope.start(sleep(Infinity));

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('says in that error whose time it was, and how much, also at the head of its stack', async () => {
    const scope = new AsyncScope({ name: 'page', timeout: 1 });
    scope.start(sleep(Infinity));

    const raised = scope.close().then(fail, (error: unknown) => error);
    const { message, stack } = (await raised) as Error;

    expect(message).toBe('The scope "page" has run out of time: its "timeout" is 1 ms.');
    expect(stack).toContain(`TimeoutError: ${message}`);
  });

  it('lets close raise it, if it cut off a child in the queue', async () => {
    const scope = new AsyncScope({ timeout: 1, concurrency: 1 });
    scope.start(sleep(Infinity));
    const queued = scope.start(of(1));

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
    expect(queued.status).toBe('cancelled');
  });

  it('lets close raise it, if it cut off the body of a run nested in it', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    const run = AsyncScope.run(() => sleep(Infinity), { parent: scope });
    run.subscribe({ error: () => undefined });

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('lets close raise it, if it cut off a child of a nested scope', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    const nested = new AsyncScope({ parent: scope });
    nested.start(sleep(Infinity));

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('gives it to those who wait for a child, as the cause of their CancelledError', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    const result = scope.start(sleep(Infinity));

    const error = (await errorOf(result)) as CancelledError;

    expect(error).toBeInstanceOf(CancelledError);
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(await errorOf(scope.close())).toBe(error.cause);
  });

  it('raises nothing, if it cut off nothing', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    scope.start(of('value'));
    await sleep(5);

    expect(scope.cancelled).toBeTrue();
    await expectAsync(scope.close()).toBeResolvedTo(undefined);
  });

  it('raises nothing, if the scope has closed before', async () => {
    const scope = new AsyncScope({ timeout: 20 });
    scope.start(sleep(1));

    await expectAsync(scope.close()).toBeResolvedTo(undefined);
    expect(scope.cancelled).toBeFalse();
  });

  it('raises nothing, if what it found had ended and only cleaned up', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });
      const result = scope.start(timer(2).pipe(finalize(() => cleanup(sleep(5)))));

      expectObservable(result).toBe('--(a|)', { a: 0 });
      expectObservable(scope.close()).toBe('-------(a|)', { a: undefined });
    });
  });

  it('raises nothing, if what it found in a nested scope had ended and only cleaned up', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });
      new AsyncScope({ parent: scope }).start(timer(2).pipe(finalize(() => cleanup(sleep(5)))));

      expectObservable(scope.close()).toBe('-------(a|)', { a: undefined });
    });
  });

  it('raises nothing, if the scope had been cancelled before', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });
      scope.start(patient(10));

      timer(2).subscribe(() => scope.cancel());

      expectObservable(scope.close()).toBe('------------(a|)', { a: undefined });
    });
  });

  it('is the cause of the ScopeError, where there are failures beside it', async () => {
    const scope = new AsyncScope({ timeout: 3, errorMode: 'continue' });
    scope.start(throwError(() => failure));
    scope.start(sleep(Infinity));

    const error = (await errorOf(scope.close())) as ScopeError;

    expect(error).toBeInstanceOf(ScopeError);
    expect(error.errors).toEqual([failure]);
    expect(error.cause).toBeInstanceOf(TimeoutError);
  });

  it('is the cause of the ScopeError, where a cleanup fails that it caused', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    scope.start(NEVER.pipe(finalize(() => cleanup(throwError(() => failure)))));

    const error = (await errorOf(scope.close())) as ScopeError;

    expect(error.errors).toEqual([failure]);
    expect(error.cause).toBeInstanceOf(TimeoutError);
  });

  it('goes before an AwaitError', async () => {
    const scope = new AsyncScope({ timeout: 1, exitMode: 'raise' });
    scope.start(sleep(Infinity));
    await sleep(5);

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('waits for the cleanup of what it cut off', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 2 });
      scope.start(patient(5));

      expectObservable(scope.close().pipe(nameOfError())).toBe('-------(a|)', { a: 'TimeoutError' });
    });
  });

  it('counts from the making of the scope', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ timeout: 4 });
      const seen: DelayedResult<void>[] = [];

      timer(3).subscribe(() => seen.push(scope.start(sleep(3))));
      flush();

      expect(seen[0]!.status).toBe('cancelled');
      scope.close().catch(() => undefined);
    });
  });

  it('may be 0', async () => {
    const scope = new AsyncScope({ timeout: 0 });
    scope.start(sleep(Infinity));

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('leaves nothing on the clock at the end', () => {
    onVirtualTime(({ flush }) => {
      const closed = new AsyncScope({ timeout: 1000 });
      const cancelled = new AsyncScope({ timeout: 1000 });
      closed.close();
      cancelled.cancel();

      flush();

      expect(asyncScheduler.now()).toBe(0);
    });
  });
});

describe('The cleanup timeout of a scope', () => {
  it('ends the wait for who still cleans up', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 4 });
      const closed: number[] = [];
      scope.start(patient(10));

      scope.close().subscribe({ error: () => closed.push(asyncScheduler.now()) });
      flush();

      expect(closed).toEqual([4]);
    });
  });

  it('names who still cleans up, in one of the errors', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 4 });
      const raised: ScopeError[] = [];
      scope.start(patient(10));
      scope.start(patient(2));
      scope.start(patient(10));

      scope.close().subscribe({ error: (error: ScopeError) => raised.push(error) });
      flush();

      const errors = raised.flatMap((error) => error.errors as CleanupTimeoutError[]);
      expect(errors).toEqual([jasmine.any(CleanupTimeoutError)]);
      expect(errors[0]!.message).toContain('patient (#1), patient (#3)');
      expect(errors[0]!.children).toEqual(['patient (#1)', 'patient (#3)']);
    });
  });

  it('raises nothing, if the cleanup ends in time', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 4 });
      scope.start(patient(3));

      expectObservable(scope.close()).toBe('---(a|)', { a: undefined });
    });
  });

  it('counts from the cancel', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ cleanupTimeout: 4 });
      scope.start(patient(3));

      timer(5).subscribe(() => scope.cancel());

      expectObservable(scope.close()).toBe('--------(a|)', { a: undefined });
    });
  });

  it('does not hurry a child that runs', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ cleanupTimeout: 2 });
      scope.start(sleep(6));

      expectObservable(scope.close()).toBe('------(a|)', { a: undefined });
    });
  });

  it('holds though nobody closes the scope', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ cleanupTimeout: 4 });
      const sizes: number[] = [];
      scope.start(patient(10));

      scope.cancel();
      timer(3, 2)
        .pipe(take(2))
        .subscribe(() => sizes.push(scope.size));
      flush();

      expect(sizes).toEqual([1, 0]);
      scope.close().catch(() => undefined);
    });
  });

  it('lets the cleanup go on, and reports what it throws after the close', async () => {
    const { onUnhandledError } = config;
    const unhandled: unknown[] = [];
    config.onUnhandledError = (error) => unhandled.push(error);
    const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 1 });
    scope.start(NEVER.pipe(finalize(() => cleanup(timer(10).pipe(map(() => raise()))))));

    const { errors } = (await errorOf(scope.close())) as ScopeError;
    await sleep(15);
    await macrotasks();
    config.onUnhandledError = onUnhandledError;

    expect(errors.length).toBe(1);
    expect(unhandled).toEqual([failure]);
  });

  it('stands beside the other failures', async () => {
    const scope = new AsyncScope({ cleanupTimeout: 2 });
    scope.start(patient(30));
    scope.start(throwError(() => failure));

    const { errors } = (await errorOf(scope.close())) as ScopeError;

    expect(errors).toEqual([failure, jasmine.any(CleanupTimeoutError)]);
  });

  it('leaves nothing on the clock at the end', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 1000 });
      scope.start(patient(3));

      scope.close();
      flush();

      expect(asyncScheduler.now()).toBe(3);
    });
  });
});

describe('The signal given to a scope', () => {
  it('cancels the scope when it aborts, with its reason', async () => {
    const controller = new AbortController();
    const scope = new AsyncScope({ signal: controller.signal });
    const result = scope.start(sleep(Infinity));

    controller.abort('gone');

    expect(scope.cancelled).toBeTrue();
    expect(((await errorOf(result)) as CancelledError).cause).toBe('gone');
    expect(scope.signal.reason).toBe('gone');
  });

  it('is not the signal of the scope', () => {
    const { signal } = new AbortController();
    const scope = new AsyncScope({ signal });

    scope.cancel();

    expect(scope.signal).not.toBe(signal);
    expect(signal.aborted).toBeFalse();
  });

  it('has cancelled the scope from the start, if it had aborted before', async () => {
    const scope = new AsyncScope({ signal: AbortSignal.abort('gone') });

    const result = scope.start(of(1));

    expect(scope.cancelled).toBeTrue();
    expect(((await errorOf(result)) as CancelledError).cause).toBe('gone');
    await expectAsync(scope.close()).toBeResolvedTo(undefined);
  });

  it('ends a close that waits', async () => {
    const controller = new AbortController();
    const scope = new AsyncScope({ signal: controller.signal });
    scope.start(sleep(Infinity));

    const closing = scope.close();
    controller.abort();

    await expectAsync(closing).toBeResolvedTo(undefined);
  });

  it('may cancel several scopes', () => {
    const controller = new AbortController();
    const scopes = [
      new AsyncScope({ signal: controller.signal }),
      new AsyncScope({ signal: controller.signal }),
    ];

    controller.abort();

    expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true, true]);
  });

  it('does nothing after the close', async () => {
    const controller = new AbortController();
    const scope = new AsyncScope({ signal: controller.signal });
    await scope.close();

    controller.abort();

    expect(scope.cancelled).toBeFalse();
  });

  it('has one listener while the scope is open', () => {
    const { signal } = new AbortController();
    const listeners = listenersOf(signal);

    const scope = new AsyncScope({ signal });

    expect(listeners).toHaveSize(1);
    scope.cancel();
  });

  const ends: Record<string, (options: AsyncScopeOptions, controller: AbortController) => unknown> = {
    'a close': (options) => new AsyncScope(options).close(),
    'a close that had to wait': async (options) => {
      const scope = new AsyncScope(options);
      scope.start(sleep(1));
      await scope.close();
    },
    'a close that failed': async (options) => {
      const scope = new AsyncScope({ ...options, errorMode: 'continue' });
      scope.start(throwError(() => failure));
      await errorOf(scope.close());
    },
    'a cancel': (options) => new AsyncScope(options).cancel(),
    'a failure': (options) => new AsyncScope(options).start(throwError(() => failure)).catch(() => undefined),
    'its exit mode': (options) => {
      const scope = new AsyncScope({ ...options, exitMode: 'cancel' });
      scope.start(patient(30));
      scope.close();
    },
    'its timeout': async (options) => {
      const scope = new AsyncScope({ ...options, timeout: 1 });
      await sleep(5);
      scope.close();
    },
    'its parent, cancelled': (options) => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ ...options, parent });
      parent.cancel();
      scope.close();
    },
    'its parent, closed': async (options) => {
      const parent = new AsyncScope();
      new AsyncScope({ ...options, parent });
      await parent.close();
    },
    'a parent that had been cancelled before': (options) => {
      const parent = new AsyncScope();
      parent.cancel();
      new AsyncScope({ ...options, parent });
    },
    'the cancel of the call that made it': (options) =>
      tamed(function* () {
        new AsyncScope(options);
        yield* sleep(Infinity);
      })()
        .subscribe()
        .unsubscribe(),
    'the end of its run': (options) => AsyncScope.run(() => 1, options),
    'the failure of its run': (options) => AsyncScope.run(raise, options).catch(() => undefined),
    'the signal itself': (options, controller) => {
      new AsyncScope(options);
      controller.abort();
    },
  };

  for (const [end, act] of Object.entries(ends)) {
    it(`is listened to no longer after ${end}`, async () => {
      const controller = new AbortController();
      const listeners = listenersOf(controller.signal);

      await act({ signal: controller.signal }, controller);

      expect(listeners).toEqual(new Set());
    });
  }
});

describe('The options of a scope', () => {
  const wrong: [string, unknown, string][] = [
    ['exitMode', 'Wait', '"Wait" (string)'],
    ['exitMode', null, 'null'],
    ['errorMode', 'raise', '"raise" (string)'],
    ['errorMode', 1, '1 (number)'],
    ['concurrency', 0, '0 (number)'],
    ['concurrency', -1, '-1 (number)'],
    ['concurrency', 1.5, '1.5 (number)'],
    ['concurrency', NaN, 'NaN (number)'],
    ['concurrency', '2', '"2" (string)'],
    ['timeout', -1, '-1 (number)'],
    ['timeout', NaN, 'NaN (number)'],
    ['timeout', '100', '"100" (string)'],
    ['timeout', 2 ** 31, '2147483648 (number)'],
    ['cleanupTimeout', -1, '-1 (number)'],
    ['cleanupTimeout', null, 'null'],
    ['signal', new AbortController(), 'an object (AbortController)'],
    ['signal', null, 'null'],
    ['parent', {}, 'an object (Object)'],
    ['parent', null, 'null'],
    ['name', 5, '5 (number)'],
  ];

  for (const [option, value, quoted] of wrong) {
    it(`are refused with a TypeError that names the option and the value: ${option}, ${quoted}`, () => {
      const make = (): unknown => new AsyncScope({ [option]: value });

      expect(make).toThrowMatching(
        (error: unknown) =>
          error instanceof TypeError &&
          error.message.includes(`"${option}"`) &&
          error.message.includes(quoted),
      );
    });
  }

  it('are refused, if there is one that no scope has: it may be misspelt', () => {
    const make = (): unknown => new AsyncScope({ concurency: 4 } as never);

    expect(make).toThrowError(TypeError, /no option "concurency".* concurrency, timeout/);
  });

  it('are refused, if the parent is of another copy of the library, and say so', () => {
    const other = { constructor: { name: 'AsyncScope' } };

    expect(() => new AsyncScope({ parent: other as never })).toThrowError(
      TypeError,
      /"parent" .* another copy of async-tamer/,
    );
  });

  it('are refused, if they are null', () => {
    expect(() => new AsyncScope(null as never)).toThrowError(TypeError, /options.*null/);
  });

  it('are refused, if they are none', () => {
    expect(() => new AsyncScope('wait' as never)).toThrowError(TypeError, /options.*"wait" \(string\)/);
  });

  it('are refused at the line that gave them', () => {
    function makeWrongly(): AsyncScope {
      return new AsyncScope({ concurrency: 0 });
    }

    let stack: string | undefined;
    try {
      makeWrongly();
    } catch (error) {
      ({ stack } = error as Error);
    }

    expect(stack?.split('\n')[1]).toContain('makeWrongly');
  });

  it('leave no listener behind, if one of them is refused', () => {
    const { signal } = new AbortController();
    const listeners = listenersOf(signal);

    expect(() => new AsyncScope({ signal, concurrency: 0 })).toThrow();

    expect(listeners).toEqual(new Set());
  });

  it('are the defaults, where they are undefined', async () => {
    const scope = new AsyncScope({
      exitMode: undefined,
      errorMode: undefined,
      concurrency: undefined,
      timeout: undefined,
      cleanupTimeout: undefined,
      signal: undefined,
      parent: undefined,
      name: undefined,
    });
    const result = scope.start(sleep(1));

    await scope.close();

    expect(result.status).toBe('succeeded');
    expect(scope.name).toBe('');
  });

  it('take Infinity for no limit', async () => {
    const scope = new AsyncScope({ concurrency: Infinity, timeout: Infinity, cleanupTimeout: Infinity });
    const result = scope.start(sleep(1));

    await scope.close();

    expect(result.status).toBe('succeeded');
  });

  it('give it a name', () => {
    expect(new AsyncScope({ name: 'batch' }).name).toBe('batch');
  });
});
