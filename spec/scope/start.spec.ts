import { concat, config, defer, EMPTY, firstValueFrom, from, Observable, of, Subject, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  AsyncScope,
  CancelledError,
  DelayedResult,
  ScopeClosedError,
  ScopeError,
  sleep,
  tamed,
} from '../../src/index.ts';

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

describe('Starting a child', () => {
  const { onUnhandledError } = config;
  let unhandled: unknown[];

  beforeEach(() => {
    unhandled = [];
    config.onUnhandledError = (error) => unhandled.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
  });

  describe('in an open scope', () => {
    it('runs nothing that is ready besides before it returns', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope();
        const log: string[] = [];
        const short = tamed(function* () {
          yield* sleep(1);
        });
        const awaited = scope.start(short());
        const after = tamed(function* (then: () => void) {
          yield* awaited;
          then();
        });

        scope.start(
          after(() => {
            scope.start(
              tamed(function* () {
                log.push('started');
              })(),
            );
            log.push('returned');
          }),
        );
        scope.start(after(() => log.push('ready besides')));
        flush();

        expect(log).toEqual(['started', 'returned', 'ready besides']);
      });
    });

    it('subscribes to an Observable before it returns', () => {
      const scope = new AsyncScope();
      const source = new Subject<number>();

      scope.start(source);

      expect(source.observed).toBeTrue();
    });

    it('subscribes once', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const result = scope.start(
        new Observable<number>(() => {
          log.push('subscribed');
        }),
      );

      result.subscribe();
      result.subscribe();

      expect(log).toEqual(['subscribed']);
    });

    it('runs a generator up to its first yield*', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const call = tamed(function* () {
        log.push('begun');
        yield* sleep(Infinity);
        log.push('never');
      });

      scope.start(call());

      expect(log).toEqual(['begun']);
    });

    it('runs an async function up to its first await', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const call = tamed(async () => {
        log.push('begun');
        await sleep(Infinity);
        log.push('never');
      });

      scope.start(call());

      expect(log).toEqual(['begun']);
    });

    it('runs a call that was made before as often as it is started', async () => {
      await using scope = new AsyncScope();
      let runs = 0;
      const call = tamed(() => ++runs)();

      const results = [scope.start(call), scope.start(call)];

      expect(await Promise.all(results)).toEqual([1, 2]);
    });

    it('gives a pending result while the child runs', () => {
      const scope = new AsyncScope();

      const result = scope.start(sleep(Infinity));

      expect(result).toBeInstanceOf(DelayedResult);
      expect(result.status).toBe('pending');
    });

    it('gives a result that has succeeded where the source ends synchronously', () => {
      const scope = new AsyncScope();

      const result = scope.start(of(1, 2));

      expect(result.status).toBe('succeeded');
      expect(result.value).toBe(2);
    });

    it('keeps count of the children that run', () => {
      const scope = new AsyncScope();

      scope.start(sleep(Infinity));
      scope.start(of('over at once'));
      scope.start(sleep(Infinity));

      expect(scope.size).toBe(2);
    });

    it('numbers the children from 1, and lists those that run by the names of their functions', () => {
      const scope = new AsyncScope();
      const load = tamed(function load() {
        return sleep(Infinity);
      });

      scope.start(load());
      scope.start(of('over at once'));
      scope.start(new Subject());

      expect(scope.children).toEqual([
        { id: 1, name: 'load', state: 'running' },
        { id: 3, name: '', state: 'running' },
      ]);
    });

    it('lists the children as they are, not as they will be', () => {
      const scope = new AsyncScope();
      scope.start(sleep(Infinity));

      const { children } = scope;
      scope.start(sleep(Infinity));
      scope.cancel();

      expect(children).toEqual([{ id: 1, name: 'sleep', state: 'running' }]);
    });

    it('forgets a child at its end', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope();
        scope.start(sleep(10));

        flush();

        expect(scope.size).toBe(0);
        expect(scope.children).toEqual([]);
      });
    });

    it('lets a child start another', async () => {
      await using scope = new AsyncScope();
      const inner = tamed(async () => 'inner');
      const outer = tamed(function* () {
        return `${yield* scope.start(inner())} in outer`;
      });

      expect(await scope.start(outer())).toBe('inner in outer');
    });

    it('lets a child start another before it waits for anything', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const inner = tamed(function* () {
        log.push('inner');
        yield* sleep(Infinity);
      });
      const outer = tamed(function* () {
        scope.start(inner());
        log.push('outer');
        yield* sleep(Infinity);
      });

      scope.start(outer());

      expect(log).toEqual(['inner', 'outer']);
      expect(scope.size).toBe(2);
    });

    it('starts what has failed before the one who started it goes on', () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      const log: string[] = [];
      const faulty = tamed(function* () {
        throw new Error('Oh no!');
      });
      const outer = tamed(function* () {
        log.push(scope.start(faulty()).status);
        yield* sleep(Infinity);
      });

      scope.start(outer());

      expect(log).toEqual(['failed']);
    });
  });

  describe('from each kind of source', () => {
    it('takes an Observable, and yields its last value', async () => {
      await using scope = new AsyncScope();

      expect(await scope.start(from([1, 2, 3]))).toBe(3);
    });

    it('takes a promise, and yields its value', async () => {
      await using scope = new AsyncScope();

      expect(await scope.start(Promise.resolve('value'))).toBe('value');
    });

    it('takes an async iterable, and yields its last value', async () => {
      await using scope = new AsyncScope();
      const count = async function* (): AsyncGenerator<number> {
        yield 1;
        yield 2;
      };

      expect(await scope.start(count())).toBe(2);
    });

    it('takes an array as RxJS does, and yields its last element', async () => {
      await using scope = new AsyncScope();

      expect(await scope.start(['a', 'b'])).toBe('b');
    });

    it('takes a generator, and runs it as a coroutine', async () => {
      await using scope = new AsyncScope();
      const program = function* (): Generator<never, number, never> {
        yield* sleep(1);
        return 42;
      };

      expect(await scope.start(program())).toBe(42);
    });

    it('takes the result of another scope, and yields what that yields', async () => {
      await using scope = new AsyncScope();
      await using other = new AsyncScope();
      const result = other.start(timer(1));

      expect(await scope.start(result)).toBe(0);
    });

    it('takes an Observable without a value, and succeeds without one', () => {
      const scope = new AsyncScope();

      const result = scope.start(EMPTY);

      expect(result.status).toBe('succeeded');
      expect(() => result.value).toThrowError('Completed without a value.');
    });

    it('replays the latest value to who comes while the child runs', () => {
      onVirtualTime(({ hot, cold, expectObservable }) => {
        const source = '  --a--b--c--|';
        const late = '    ------x';
        const expected = '------b-c--|';
        const scope = new AsyncScope();
        const result = scope.start(hot(source));

        const seen = new Subject<string>();
        cold(late).subscribe(() => result.subscribe(seen));

        expectObservable(seen).toBe(expected);
      });
    });
  });

  describe('that throws while it is subscribed', () => {
    const failure = new Error('Oh no!');
    const raise = (): never => {
      throw failure;
    };
    const sources: Record<string, () => Observable<unknown> | Generator<never> | Iterable<never>> = {
      'the subscribe function of an Observable': () => new Observable(raise),
      'a tamed function': () => tamed(raise)(),
      'the first segment of a generator': () =>
        (function* (): Generator<never> {
          raise();
        })(),
      'the iterator of an iterable': () => ({ [Symbol.iterator]: raise }),
      'a factory': () => defer(raise),
    };

    for (const [where, make] of Object.entries(sources)) {
      it(`makes it the failure of the child, where ${where} throws`, async () => {
        const scope = new AsyncScope();

        const result = scope.start(make() as Observable<unknown>);

        expect(result.status).toBe('failed');
        await expectAsync(result).toBeRejectedWith(failure);
        await scope.close();
      });
    }

    it('has run the error mode when it returns', () => {
      const scope = new AsyncScope();
      const sibling = scope.start(sleep(Infinity));

      scope.start(tamed(raise)());

      expect(scope.cancelled).toBeTrue();
      expect(sibling.status).toBe('cancelled');
    });

    it('never makes an unhandled rejection of a promise', async () => {
      const scope = new AsyncScope();

      scope.start(Promise.reject(failure));
      await macrotasks();

      const error: unknown = await scope.close().catch((reason: unknown) => reason);
      expect((error as ScopeError).errors).toEqual([failure]);
      expect(unhandled).toEqual([]);
    });
  });

  describe('while the scope closes in wait mode', () => {
    it('lets a child start another, and waits for that as well', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        const outer = tamed(function* () {
          yield* sleep(2);
          scope.start(sleep(3));
        });
        scope.start(outer());

        expectObservable(scope.close()).toBe('-----(a|)', { a: undefined });
      });
    });

    it('lets the observer of the last child start another as that completes', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        const results: DelayedResult<void>[] = [];
        scope.start(sleep(2)).subscribe({ complete: () => results.push(scope.start(sleep(3))) });

        expectObservable(scope.close()).toBe('-----(a|)', { a: undefined });
      });
    });

    it('lets the finally block of a child start another', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        const outer = tamed(function* () {
          try {
            yield* sleep(2);
          } finally {
            scope.start(sleep(3));
          }
        });
        scope.start(outer());

        expectObservable(scope.close()).toBe('-----(a|)', { a: undefined });
      });
    });
  });

  describe('in a cancelled scope', () => {
    const ways: Record<string, () => AsyncScope> = {
      'by cancel()': () => {
        const scope = new AsyncScope();
        scope.cancel();
        return scope;
      },
      'by a failure': () => {
        const scope = new AsyncScope();
        scope.start(new Observable((subscriber) => subscriber.error('at once'))).catch(() => undefined);
        return scope;
      },
      'by its exit mode': () => {
        const scope = new AsyncScope({ exitMode: 'cancel' });
        scope.close();
        return scope;
      },
      'by its signal': () => new AsyncScope({ signal: AbortSignal.abort() }),
      'by its parent': () => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent });
        parent.cancel();
        return scope;
      },
      'and closed since': () => {
        const scope = new AsyncScope();
        scope.cancel();
        scope.close();
        return scope;
      },
    };

    for (const [way, make] of Object.entries(ways)) {
      it(`runs nothing, and cancels the result: cancelled ${way}`, () => {
        const scope = make();
        const log: string[] = [];
        const call = tamed(() => log.push('run'));

        const result = scope.start(call());

        expect(result.status).toBe('cancelled');
        expect(log).toEqual([]);
        expect(scope.size).toBe(0);
      });
    }

    it('gives those who wait the reason of the cancel', async () => {
      const scope = new AsyncScope();
      scope.cancel('gone');

      const error: unknown = await scope.start(of(1)).catch((reason: unknown) => reason);

      expect(error).toBeInstanceOf(CancelledError);
      expect((error as CancelledError).cause).toBe('gone');
    });

    it('completes the result, as an Observable, without a value', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        scope.cancel();

        expectObservable(scope.start(of(1))).toBe('|');
      });
    });

    it('has closed quietly, although a promise that came late rejects', async () => {
      const scope = new AsyncScope();
      scope.cancel();

      scope.start(Promise.reject(new Error('nobody cares any more')));
      await macrotasks();

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
      expect(unhandled).toEqual([]);
    });

    it('complains all the same of what is no source', () => {
      const scope = new AsyncScope();
      scope.cancel();

      expect(() => scope.start(undefined as never)).toThrowError(TypeError);
    });

    it('begins none of what teardowns start during the cancel', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const results: DelayedResult<unknown>[] = [];
      const late = tamed(() => log.push('run'));
      scope.start(new Observable(() => () => results.push(scope.start(late()))));

      scope.cancel();

      expect(results.map(({ status }) => status)).toEqual(['cancelled']);
      expect(log).toEqual([]);
    });
  });

  describe('in a scope that has closed without being cancelled', () => {
    it('throws', async () => {
      const scope = new AsyncScope();
      await scope.close();

      expect(() => scope.start(of(1))).toThrowError(ScopeClosedError);
    });

    it('throws also if a failure was raised, under errorMode "continue"', async () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      scope.start(tamed(() => Promise.reject(new Error('Oh no!')))());
      await expectAsync(scope.close()).toBeRejectedWithError(ScopeError);

      expect(() => scope.start(of(1))).toThrowError(ScopeClosedError);
    });

    it('throws also if somebody has tried to cancel it afterwards', async () => {
      const scope = new AsyncScope();
      await scope.close();
      scope.cancel();

      expect(() => scope.start(of(1))).toThrowError(ScopeClosedError);
    });

    it('runs nothing', async () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const call = tamed(() => log.push('run'));
      await scope.close();

      expect(() => scope.start(call())).toThrow();

      expect(log).toEqual([]);
    });

    it('names the scope, and what to do', async () => {
      const scope = new AsyncScope({ name: 'batch' });
      await scope.close();

      expect(() => scope.start(of(1))).toThrowError(/"batch" has closed.*Start it before/s);
    });

    it('points at the line that started it', async () => {
      const scope = new AsyncScope();
      await scope.close();
      const startLate = (): DelayedResult<number> => scope.start(of(1));

      let stack: string | undefined;
      try {
        startLate();
      } catch (error) {
        ({ stack } = error as Error);
      }

      expect(stack?.split('\n')[1]).toContain('startLate');
    });
  });

  describe('of what is no source', () => {
    const rejected: [unknown, string][] = [
      [undefined, 'undefined'],
      [null, 'null'],
      [42, '42 (number)'],
      [true, 'true (boolean)'],
      [{}, 'an object (Object)'],
      [() => of(1), 'the function "(anonymous)"'],
      [tamed(async function load() {}), 'the function "load"'],
      [Symbol('key'), 'Symbol(key) (symbol)'],
    ];

    for (const [value, quoted] of rejected) {
      it(`throws a TypeError that quotes ${quoted}`, () => {
        const scope = new AsyncScope();

        expect(() => scope.start(value as never)).toThrowMatching(
          (error: unknown) => error instanceof TypeError && error.message.includes(quoted),
        );
      });
    }

    it('advises to call a function, and to tame one that is not', () => {
      const scope = new AsyncScope();
      const load = tamed(async () => {});

      expect(() => scope.start(load as never)).toThrowError(/Call it: f\(…\).* tamed\(f\)\(…\)/);
    });

    it('points at the line that started it', () => {
      const scope = new AsyncScope();
      const startWrongly = (): unknown => scope.start(42 as never);

      let stack: string | undefined;
      try {
        startWrongly();
      } catch (error) {
        ({ stack } = error as Error);
      }

      expect(stack?.split('\n')[1]).toContain('startWrongly');
    });

    it('starts nothing', async () => {
      const scope = new AsyncScope();

      expect(() => scope.start(42 as never)).toThrow();

      expect(scope.size).toBe(0);
      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });
  });

  it('leaves the time of a slow child to the others', async () => {
    await using scope = new AsyncScope();
    const slow = concat(timer(2), of('slow'));

    const results = [scope.start(slow), scope.start(of('fast'))];

    expect(await firstValueFrom(results[1]!)).toBe('fast');
    expect(results[0]!.status).toBe('pending');
  });
});
