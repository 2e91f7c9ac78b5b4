import {
  config,
  EMPTY,
  finalize,
  from,
  interval,
  map,
  merge,
  NEVER,
  Observable,
  of,
  onErrorResumeNext,
  Subject,
  throwError,
  timer,
} from 'rxjs';
import { catchError, concatMap, repeat, retry, share, switchMap, take, takeUntil } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  AsyncScope,
  cleanup,
  ScopeClosedError,
  type ScopeError,
  sleep,
  tamed,
  within,
} from '../../src/index.ts';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function virtually(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

const failure = new Error('Oh no!');

/** Cleans up for so many ms when it is cancelled, and then notes `name`. */
const patient = tamed(function* patient(name: string, log: unknown[], ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
    log.push(name);
  }
});

/** What an observer of `source` is told: values, and how it ends. */
function record(source: Observable<unknown>, told: unknown[] = []): unknown[] {
  source.subscribe({
    next: (value) => told.push(value),
    error: (error: unknown) => told.push({ error }),
    complete: () => told.push('complete'),
  });
  return told;
}

async function errorOf(result: PromiseLike<unknown>): Promise<unknown> {
  try {
    await result;
  } catch (error) {
    return error;
  }
  throw new Error('It was to fail.');
}

describe('within()', () => {
  const { onUnhandledError } = config;
  let unhandled: unknown[];

  beforeEach(() => {
    unhandled = [];
    config.onUnhandledError = (error) => unhandled.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
    expect(unhandled).toEqual([]);
  });

  describe('lets the source', () => {
    it('pass, as it is', () => {
      virtually(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('  -a-b--(c|)');
        const subs = '         ^-----!   ';
        const expected = '     -a-b--(c|)';

        expectObservable(source.pipe(within(new AsyncScope()))).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(subs);
      });
    });

    it('pass synchronously', () => {
      expect(record(from([1, 2, 3]).pipe(within(new AsyncScope())))).toEqual([1, 2, 3, 'complete']);
    });

    it('complete without a value', () => {
      expect(record(EMPTY.pipe(within(new AsyncScope())))).toEqual(['complete']);
    });

    it('be a call', async () => {
      const scope = new AsyncScope();
      const call = tamed(async (n: number) => {
        await sleep(1);
        return n;
      });

      expect(await tamed.from(call(1).pipe(within(scope)))).toBe(1);
    });

    it('be subscribed once for each subscriber, as a child of its own', () => {
      const scope = new AsyncScope();
      let subscriptions = 0;
      const source = new Observable(() => {
        subscriptions++;
      });
      const living = source.pipe(within(scope));

      living.subscribe();
      living.subscribe();

      expect([subscriptions, scope.size]).toEqual([2, 2]);
    });

    it('run not before somebody subscribes', () => {
      const scope = new AsyncScope();
      const log: string[] = [];

      of('value')
        .pipe(map((value) => log.push(value)))
        .pipe(within(scope));

      expect([log, scope.size]).toEqual([[], 0]);
    });

    it('be a child, with a number and a name in the list of children', () => {
      const scope = new AsyncScope();
      scope.start(NEVER);

      tamed(function* load() {
        yield* sleep(Infinity);
      })()
        .pipe(within(scope))
        .subscribe();

      expect(scope.children[1]).toEqual({ id: 2, name: 'load', state: 'running' });
    });

    it('wait for its turn under a limit', () => {
      virtually(({ expectObservable }) => {
        const scope = new AsyncScope({ concurrency: 1 });
        scope.start(sleep(3));

        expectObservable(of('a').pipe(within(scope))).toBe('---(a|)');
      });
    });
  });

  describe('when the scope is cancelled', () => {
    it('completes downstream, and unsubscribes the source', () => {
      virtually(({ cold, expectObservable, expectSubscriptions }) => {
        const scope = new AsyncScope();
        const source = cold('  -a-b--c');
        const subs = '         ^----! ';
        const expected = '     -a-b-| ';
        timer(5).subscribe(() => scope.cancel());

        expectObservable(source.pipe(within(scope))).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(subs);
      });
    });

    it('does what takeUntil() does, also in the tick of a value', () => {
      virtually(({ hot, expectObservable }) => {
        const scope = new AsyncScope();
        const cancel = hot('   ---x');
        const source = hot('   -a-b--c');
        cancel.subscribe(() => scope.cancel());

        expectObservable(source.pipe(within(scope))).toBe('-a-|');
        expectObservable(source.pipe(takeUntil(cancel))).toBe('-a-|');
      });
    });

    it('completes all subscribers when everything has been torn down', () => {
      const scope = new AsyncScope();
      const log: unknown[] = [];
      for (const name of ['a', 'b']) {
        const source = NEVER.pipe(finalize(() => log.push(`${name} torn down`)));
        source.pipe(within(scope)).subscribe({ complete: () => log.push(`${name} complete`) });
      }

      scope.cancel();

      expect(log).toEqual(['a torn down', 'b torn down', 'a complete', 'b complete']);
    });

    it('completes before the cleanup has ended, for which the close waits', async () => {
      const scope = new AsyncScope();
      const log: unknown[] = [];
      record(patient('cleaned up', log, 2).pipe(within(scope)), log);

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['complete', 'cleaned up']);
    });

    it('completes also for who waits in the queue', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      scope.start(NEVER);
      const log = record(of(1).pipe(within(scope)));

      scope.cancel();

      expect(log).toEqual(['complete']);
    });

    it('completes for a failure of another child, which is not its own', () => {
      const scope = new AsyncScope();
      const log = record(NEVER.pipe(within(scope)));

      scope.start(throwError(() => failure));
      scope.close().catch(() => undefined);

      expect(log).toEqual(['complete']);
    });

    it('completes a source that cancels while it emits, after that value', () => {
      const scope = new AsyncScope();
      const log: unknown[] = [];
      from([1, 2, 3])
        .pipe(within(scope))
        .subscribe({
          next: (value) => {
            log.push(value);
            scope.cancel();
          },
          complete: () => log.push('complete'),
        });

      expect(log).toEqual([1, 'complete']);
    });
  });

  describe('where the scope was cancelled before', () => {
    it('completes at once, and does not subscribe', () => {
      const scope = new AsyncScope();
      scope.cancel();
      const source = new Observable(() => fail('It is not to be subscribed.'));

      expect(record(source.pipe(within(scope)))).toEqual(['complete']);
    });

    it('does so after the close, too', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      await scope.close();

      expect(record(of(1).pipe(within(scope)))).toEqual(['complete']);
    });
  });

  describe('when the scope closes', () => {
    it('goes on, and is waited for', () => {
      virtually(({ expectObservable }) => {
        const scope = new AsyncScope();
        const source = interval(2).pipe(take(3));

        expectObservable(source.pipe(within(scope))).toBe('--a-b-(c|)', { a: 0, b: 1, c: 2 });
        timer(1).subscribe(() => expectObservable(scope.close()).toBe('------(a|)', { a: undefined }));
      });
    });

    it('may begin after that, while others run', async () => {
      const scope = new AsyncScope();
      scope.start(sleep(3));
      const closing = scope.close();
      const log: unknown[] = [];

      record(timer(5).pipe(within(scope)), log);
      await closing;

      expect(log).toEqual([0, 'complete']);
    });

    it('completes, in exit mode "cancel"', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const log = record(NEVER.pipe(within(scope)));

      await scope.close();

      expect(log).toEqual(['complete']);
    });

    it('counts as awaited, in exit mode "raise"', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      record(NEVER.pipe(within(scope)));

      await expectAsync(scope.close()).toBeResolved();
    });

    it('errors with a ScopeClosedError after that, and does not subscribe', async () => {
      const scope = new AsyncScope();
      await scope.close();
      const source = new Observable(() => fail('It is not to be subscribed.'));

      const [end] = record(source.pipe(within(scope)));

      expect((end as { error: unknown }).error).toBeInstanceOf(ScopeClosedError);
    });
  });

  describe('when the source fails', () => {
    it('passes the error on, as it is, which counts as delivered', async () => {
      const scope = new AsyncScope();

      const log = record(throwError(() => failure).pipe(within(scope)));

      expect(log).toEqual([{ error: failure }]);
      await expectAsync(scope.close()).toBeResolved();
    });

    it('cancels the others all the same', async () => {
      const scope = new AsyncScope();
      const other = scope.start(sleep(Infinity));

      record(throwError(() => failure).pipe(within(scope)));

      expect([other.status, scope.cancelled]).toEqual(['cancelled', true]);
      await scope.close();
    });

    it('passes it on before the others are cancelled', () => {
      const scope = new AsyncScope();
      const log: unknown[] = [];
      const source = new Subject<never>();
      scope.start(NEVER.pipe(finalize(() => log.push('other torn down'))));
      record(source.pipe(within(scope)), log);

      source.error(failure);

      expect(log).toEqual([{ error: failure }, 'other torn down']);
    });

    it('lets them go on, under errorMode "continue"', () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      const other = scope.start(NEVER);

      record(throwError(() => failure).pipe(within(scope)));

      expect(other.status).toBe('pending');
    });

    it('leaves it to RxJS where there is no error handler', async () => {
      const scope = new AsyncScope();

      throwError(() => failure)
        .pipe(within(scope))
        .subscribe();
      await scope.close();
      await sleep(1);

      expect(unhandled.splice(0)).toEqual([failure]);
    });

    it('counts as handled where catchError() stands below it, but has cancelled', async () => {
      const scope = new AsyncScope();
      const source = throwError(() => failure).pipe(
        within(scope),
        catchError(() => of('handled')),
      );

      expect(record(source)).toEqual(['handled', 'complete']);
      expect(scope.cancelled).toBeTrue();
      await scope.close();
    });

    it('does not hear of it where catchError() stands above it', () => {
      const scope = new AsyncScope();
      const source = throwError(() => failure).pipe(
        catchError(() => of('handled')),
        within(scope),
      );

      expect(record(source)).toEqual(['handled', 'complete']);
      expect(scope.cancelled).toBeFalse();
    });

    it('is subscribed again by retry(), as another child, under errorMode "continue"', () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      const ids: number[] = [];
      scope.events$.subscribe(({ type, id }) => {
        if (type === 'error') {
          ids.push(id);
        }
      });

      record(throwError(() => failure).pipe(within(scope), retry(2)));

      expect(ids).toEqual([1, 2, 3]);
    });

    it('completes for retry(), once that has cancelled the scope', () => {
      const scope = new AsyncScope();

      const log = record(throwError(() => failure).pipe(within(scope), retry(2)));

      expect(log).toEqual(['complete']);
    });
  });

  describe('when it is unsubscribed', () => {
    it('ends the child, and the scope goes on', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const source = NEVER.pipe(finalize(() => log.push('torn down')));

      source.pipe(within(scope)).subscribe().unsubscribe();

      expect([log, scope.size, scope.cancelled]).toEqual([['torn down'], 0, false]);
    });

    it('has the scope wait for its cleanup', async () => {
      const scope = new AsyncScope();
      const log: unknown[] = [];

      patient('cleaned up', log, 2).pipe(within(scope)).subscribe().unsubscribe();
      const size = scope.size;
      await scope.close();

      expect([size, log]).toEqual([1, ['cleaned up']]);
    });

    it('has the scope raise what its cleanup throws', async () => {
      const scope = new AsyncScope();
      const source = NEVER.pipe(finalize(() => cleanup(throwError(() => failure))));

      source.pipe(within(scope)).subscribe().unsubscribe();

      expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure]);
    });

    it('ends the child by take(1), in the middle of a synchronous source', () => {
      const scope = new AsyncScope();
      let emitted = 0;
      const source = new Observable<number>((subscriber) => {
        while (!subscriber.closed && emitted < 10) {
          subscriber.next(++emitted);
        }
      });

      const log = record(source.pipe(within(scope), take(1)));

      expect([log, emitted, scope.size]).toEqual([[1, 'complete'], 1, 0]);
    });

    it('ends the one before by switchMap(), for whose cleanup the scope waits', async () => {
      const scope = new AsyncScope();
      const log: unknown[] = [];
      const live = (name: string): Observable<unknown> => (name === 'a' ? patient(name, log, 2) : of(name));
      const source = of('a', 'b').pipe(switchMap((name) => live(name).pipe(within(scope))));

      record(source, log);
      await scope.close();

      expect(log).toEqual(['b', 'complete', 'a']);
    });

    it('drops the child from the queue', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      scope.start(NEVER);
      const subscription = of(1).pipe(within(scope)).subscribe();

      subscription.unsubscribe();

      expect(scope.size).toBe(1);
    });

    it('makes no child, if that was before the source could begin', () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const types: string[] = [];
      scope.events$.subscribe(({ type }) => types.push(type));
      const outer = new AsyncScope();
      outer.start(onErrorResumeNext(NEVER, of(1).pipe(within(scope)))); // It goes on also when it is unsubscribed.

      outer.cancel();
      const next = scope.start(of('next'));

      expect([next.status, types]).toEqual(['succeeded', ['start', 'next', 'complete']]);
    });

    it('does nothing more to one that has ended', () => {
      const scope = new AsyncScope();
      const types: string[] = [];
      scope.events$.subscribe(({ type }) => types.push(type));
      const subscription = of(1).pipe(within(scope)).subscribe();

      subscription.unsubscribe();

      expect(types).toEqual(['start', 'next', 'complete']);
    });
  });

  describe('among other operators', () => {
    it('ends what stands above it alone', () => {
      virtually(({ expectObservable }) => {
        const scope = new AsyncScope();
        const source = interval(1).pipe(
          within(scope),
          concatMap((n) => timer(3).pipe(map(() => n))),
        );
        timer(3).subscribe(() => scope.cancel());

        expectObservable(source).toBe('----a--(b|)', { a: 0, b: 1 });
      });
    });

    it('can be there twice, for two scopes', () => {
      const [one, two] = [new AsyncScope(), new AsyncScope()];
      const log = record(NEVER.pipe(within(one), within(two)));

      one.cancel();

      expect([log, two.size, two.cancelled]).toEqual([['complete'], 0, false]);
    });

    it('can be there twice for one scope', () => {
      const scope = new AsyncScope();
      const log = record(NEVER.pipe(within(scope), within(scope)));
      const { size } = scope;

      scope.cancel();

      expect([size, log, scope.size]).toEqual([2, ['complete'], 0]);
    });

    it('is one child under share()', () => {
      const scope = new AsyncScope();
      const shared = NEVER.pipe(within(scope), share());

      const subscription = merge(shared, shared).subscribe();
      const { size } = scope;
      subscription.unsubscribe();

      expect([size, scope.size]).toEqual([1, 0]);
    });

    it('ends a repeat() when the scope is cancelled before', () => {
      const scope = new AsyncScope();
      const log: unknown[] = [];
      record(
        of(1).pipe(
          map((value) => {
            log.push(value);
            if (log.length === 3) {
              scope.cancel();
            }
          }),
          within(scope),
          repeat(5),
          map(() => 'told'),
        ),
      );

      expect(log).toEqual([1, 1, 1]);
    });

    it('has both scopes wait for its cleanup, where the call is cancelled that subscribed it', async () => {
      for (const awaited of ['scope', 'outer'] as const) {
        const scopes = { scope: new AsyncScope(), outer: new AsyncScope() };
        const log: unknown[] = [];
        scopes.outer.start(
          tamed(function* () {
            yield* tamed.from(patient('cleaned up', log, 3).pipe(within(scopes.scope)));
          })(),
        );

        scopes.outer.cancel();
        await scopes[awaited].close();

        expect(log).withContext(awaited).toEqual(['cleaned up']);
      }
    });
  });

  it('refuses what is no scope, at once', () => {
    expect(() => within({} as AsyncScope)).toThrowError(
      TypeError,
      'within() takes an AsyncScope, but got an object (Object).',
    );
  });
});
