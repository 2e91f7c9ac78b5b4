import {
  concat,
  config,
  EMPTY,
  EmptyError,
  finalize,
  map,
  NEVER,
  Observable,
  of,
  repeat,
  retry,
  Subject,
  take,
  throwError,
  timer,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { AsyncScope, CancelledError, cleanup, ScopeError, sleep, tamed, TamedCall } from '../../src/index.ts';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function onVirtualTime(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

/** What an observer of `source` is told: values, and how it ends. */
function record(source: Observable<unknown>): unknown[] {
  const told: unknown[] = [];
  source.subscribe({
    next: (value) => told.push(value),
    error: (error: unknown) => told.push({ error }),
    complete: () => told.push('complete'),
  });
  return told;
}

/** What `fn` throws. */
function thrownBy(fn: () => unknown): TypeError {
  try {
    fn();
  } catch (error) {
    return error as TypeError;
  }
  throw new Error('It does not throw.');
}

/** The line at which the stack of `error` begins. */
function firstLineOf(error: Error): string {
  return error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? 'no stack';
}

const macrotask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('A tamed function', () => {
  it('has the name of the function', () => {
    const greet = tamed(function hello() {});

    expect(greet.name).toBe('hello');
  });

  it('has no name when the function has none', () => {
    const greet = tamed(() => {});

    expect(greet.name).toBe('');
  });

  it('has the length of the function', () => {
    const add = tamed((a: number, b: number, c: number = 0) => a + b + c);

    expect(add.length).toBe(2);
  });

  it('returns a call, which is an Observable', () => {
    const call = tamed(() => 1)();

    expect(call).toBeInstanceOf(TamedCall);
    expect(call).toBeInstanceOf(Observable);
  });

  it('gives its name to its calls', () => {
    const call = tamed(function hello() {})();

    expect(call.name).toBe('hello');
  });

  it('runs nothing when it is called', () => {
    const fn = jasmine.createSpy();

    tamed(fn)();

    expect(fn).not.toHaveBeenCalled();
  });

  it('does not throw what the function throws', () => {
    const faulty = tamed(() => {
      throw new Error('Oh no!');
    });

    expect(() => faulty()).not.toThrow();
  });

  it('passes the arguments', async () => {
    const collect = tamed((...args: unknown[]) => args);

    const args = await collect(1, undefined, 'c');

    expect(args).toEqual([1, undefined, 'c']);
  });

  it('keeps the arguments of each call apart', async () => {
    const echo = tamed((word: string) => word);
    const first = echo('first');
    const second = echo('second');

    const words = [await second, await first];

    expect(words).toEqual(['second', 'first']);
  });

  it('passes "this" as a method does', async () => {
    const counter = {
      count: 3,
      read: tamed(function (this: { count: number }) {
        return this.count;
      }),
    };

    const count = await counter.read();

    expect(count).toBe(3);
  });

  it('passes "this" to a generator', async () => {
    const counter = {
      count: 3,
      read: tamed(function* (this: { count: number }) {
        yield* sleep(0);
        return this.count;
      }),
    };

    const count = await counter.read();

    expect(count).toBe(3);
  });

  it('leaves the "this" of an arrow function alone, so a field knows its instance', async () => {
    class Counter {
      readonly #count = 3;
      readonly read = tamed(() => this.#count);
    }
    const { read } = new Counter();

    const count = await read();

    expect(count).toBe(3);
  });

  it('passes a primitive "this" and none at all as they are', async () => {
    const self = tamed(function (this: unknown) {
      return this;
    });

    const selves = [await self.call(5), await self.call(undefined)];

    expect(selves).toEqual([5, undefined]);
  });

  it('can call itself', async () => {
    const factorial: (n: number) => TamedCall<number> = tamed(function* (
      n: number,
    ): Generator<never, number> {
      return n === 0 ? 1 : n * (yield* factorial(n - 1));
    });

    const product = await factorial(5);

    expect(product).toBe(120);
  });

  it('can be made by map()', async () => {
    const doubled = tamed((n: number) => 2 * n);
    const functions = [(n: number) => n + 1, doubled].map(tamed);

    expect(await tamed.all(functions.map((fn) => fn(3)))).toEqual([4, 6]);
  });

  it('can be tamed again, which changes nothing', () => {
    const letters = tamed(tamed(() => of('a', 'b')));

    expect(record(letters())).toEqual(['a', 'b', 'complete']);
  });

  describe('with two implementations', () => {
    it('runs the asynchronous one', async () => {
      const read = tamed({ sync: () => 'sync', async: async () => 'async' });

      const value = await read();

      expect(value).toBe('async');
    });

    it('does not run the synchronous one', async () => {
      const sync = jasmine.createSpy().and.returnValue(1);
      const read = tamed({ sync, async: async () => 1 });

      await read();

      expect(sync).not.toHaveBeenCalled();
    });

    it('runs nothing when it is called', () => {
      const async = jasmine.createSpy().and.returnValue(Promise.resolve(1));

      tamed({ sync: () => 1, async })();

      expect(async).not.toHaveBeenCalled();
    });

    it('passes "this" and the arguments', async () => {
      const counter = {
        count: 3,
        plus: tamed({
          sync(this: { count: number }, n: number) {
            return this.count + n;
          },
          async async(this: { count: number }, n: number) {
            return this.count + n;
          },
        }),
      };

      const sum = await counter.plus(4);

      expect(sum).toBe(7);
    });

    it('takes the value of a promise, of an Observable and of a generator', async () => {
      const sync = (): number => 0;
      const leaves = [
        tamed({ sync, async: () => Promise.resolve(1) }),
        tamed({ sync, async: () => of(2) }),
        tamed({
          sync,
          *async() {
            yield* sleep(0);
            return 3;
          },
        }),
      ];

      const values = await tamed.all(leaves.map((leaf) => leaf()));

      expect(values).toEqual([1, 2, 3]);
    });

    it('fails with what the asynchronous one throws', () => {
      const error = new Error('Oh no!');
      const read = tamed({
        sync: () => 1,
        async: (): Promise<number> => {
          throw error;
        },
      });

      expect(record(read())).toEqual([{ error }]);
    });

    it('has the name that the implementations were given', () => {
      const read = tamed({ sync: function readSync() {}, async: async function read() {} });

      expect([read.name, read().name]).toEqual(['read', 'read']);
    });

    it('has no name when they are named "sync" and "async" after their place', () => {
      const read = tamed({ sync() {}, async async() {} });

      expect(read.name).toBe('');
    });

    it('has the length of the asynchronous one', () => {
      const read = tamed({ sync: (path: string) => path, async: async (path: string) => path });

      expect(read.length).toBe(1);
    });
  });

  describe('that is none', () => {
    for (const [described, value] of [
      ['undefined', undefined],
      ['null', null],
      ['5 (number)', 5],
      ['"fn" (string)', 'fn'],
      ['an array', [() => {}]],
      ['an object (Object)', { sync() {} }],
      ['an object (Promise)', Promise.resolve()],
    ] as const) {
      it(`is complained of at once, as ${described}`, () => {
        const error = thrownBy(() => tamed(value as never));

        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toBe(`tamed() takes a function, or { sync, async }, but got ${described}.`);
      });
    }

    it('is complained of at once, as a class', () => {
      expect(() => tamed(AsyncScope as never)).toThrowError(TypeError, /methods, not a class/);
    });

    it('is complained of at the line that tamed it', () => {
      const error = thrownBy(() => tamed(5 as never));

      expect(firstLineOf(error)).toContain('tamed.spec.ts');
    });
  });
});

describe('A call', () => {
  it('has run up to where it waits when subscribe() returns', () => {
    const log: string[] = [];
    const call = tamed(function* () {
      log.push('before');
      yield* sleep(0);
      log.push('after');
    })();

    const subscription = call.subscribe();
    subscription.unsubscribe();

    expect(log).toEqual(['before']);
  });

  it('runs once for each subscriber', () => {
    const fn = jasmine.createSpy().and.returnValue(1);
    const call = tamed(fn)();

    call.subscribe();
    call.subscribe();

    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('runs once for each await', async () => {
    const fn = jasmine.createSpy().and.returnValue(1);
    const call = tamed(fn)();

    await call;
    await call;

    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('runs with the same arguments each time', () => {
    const fn = jasmine.createSpy();
    const call = tamed(fn)('a', 1);

    call.subscribe();
    call.subscribe();

    expect(fn.calls.allArgs()).toEqual([
      ['a', 1],
      ['a', 1],
    ]);
  });

  it('runs again for retry()', () => {
    let attempts = 0;
    const unreliable = tamed(() => {
      attempts++;
      if (attempts < 3) {
        throw new Error('Oh no!');
      }
      return attempts;
    });

    expect(record(unreliable().pipe(retry(5)))).toEqual([3, 'complete']);
  });

  it('runs again for repeat()', () => {
    let runs = 0;
    const count = tamed(() => ++runs);

    expect(record(count().pipe(repeat(3)))).toEqual([1, 2, 3, 'complete']);
  });

  it('runs apart from its other runs', () => {
    onVirtualTime(({ expectObservable }) => {
      const echo = tamed(function* (word: string) {
        yield* sleep(3);
        return word;
      });
      const call = echo('a');

      expectObservable(call).toBe('      ---(a|)');
      expectObservable(call, '--^').toBe('-----(a|)');
    });
  });

  it('does not run for those who only look at it', () => {
    const fn = jasmine.createSpy();
    const call = tamed(fn)();

    Reflect.get(call, 'then');
    void call[Symbol.iterator]();
    void call[Symbol.asyncIterator]();
    call.asObservable();
    call.pipe(map(String));

    expect(fn).not.toHaveBeenCalled();
  });

  it('can be subscribed from its own code', () => {
    const told: number[] = [];
    const countdown: (n: number) => TamedCall<void> = tamed((n: number) => {
      if (n > 0) {
        countdown(n - 1).subscribe();
      }
      told.push(n);
    });

    countdown(2).subscribe();

    expect(told).toEqual([0, 1, 2]);
  });

  it('describes itself as what it is', () => {
    const call = tamed(() => 1)();

    expect(Object.prototype.toString.call(call)).toBe('[object TamedCall]');
  });

  describe('of a function that throws', () => {
    it('notifies of that very error', () => {
      const error = new Error('Oh no!');
      const faulty = tamed(() => {
        throw error;
      });

      const [told] = record(faulty()) as [{ error: unknown }];

      expect(told.error).toBe(error);
    });

    it('notifies of what is no Error, too', () => {
      const faulty = tamed((reason: unknown) => {
        throw reason;
      });

      expect([...record(faulty(undefined)), ...record(faulty('reason'))]).toEqual([
        { error: undefined },
        { error: 'reason' },
      ]);
    });

    it('notifies whether it throws before or after it has waited', () => {
      onVirtualTime(({ expectObservable }) => {
        const faulty = tamed(function* (ms: number) {
          if (ms > 0) {
            yield* sleep(ms);
          }
          throw 'reason'; // eslint-disable-line @typescript-eslint/only-throw-error -- as marbles have it
        });

        expectObservable(faulty(0)).toBe('#  ', undefined, 'reason');
        expectObservable(faulty(3)).toBe('---#', undefined, 'reason');
      });
    });

    it('leaves one whom nobody handles to RxJS', async () => {
      const { onUnhandledError } = config;
      const report = jasmine.createSpy();
      config.onUnhandledError = report;
      const error = new Error('Oh no!');

      tamed(() => {
        throw error;
      })().subscribe();
      await macrotask();
      config.onUnhandledError = onUnhandledError;

      expect(report).toHaveBeenCalledOnceWith(error);
    });
  });

  describe('that is unsubscribed', () => {
    it('emits nothing any more', () => {
      onVirtualTime(({ expectObservable }) => {
        const echo = tamed(function* () {
          yield* sleep(3);
          return 'a';
        });

        expectObservable(echo(), '^-!').toBe('---');
      });
    });

    it('unsubscribes from what it waits for, and runs its finally block, at once', () => {
      const log: string[] = [];
      const source = NEVER.pipe(finalize(() => log.push('unsubscribed')));
      const call = tamed(function* () {
        try {
          yield* tamed.from(source);
        } finally {
          log.push('finally');
        }
      })();

      call.subscribe().unsubscribe();

      expect(log).toEqual(['unsubscribed', 'finally']);
    });

    it('does that once, however often it is unsubscribed', () => {
      const ended = jasmine.createSpy();
      const subscription = tamed(() => NEVER.pipe(finalize(ended)))().subscribe();

      subscription.unsubscribe();
      subscription.unsubscribe();

      expect(ended).toHaveBeenCalledTimes(1);
    });

    it('stays as it is when it has ended before', () => {
      const log: string[] = [];
      const call = tamed(function* () {
        try {
          return 1;
        } finally {
          log.push('finally');
        }
      })();

      call.subscribe().unsubscribe();

      expect(log).toEqual(['finally']);
    });

    it('ends by an observer who has enough, in the middle of its values', () => {
      const ended = jasmine.createSpy();
      const letters = tamed(() => of('a', 'b', 'c').pipe(finalize(ended)));

      const told = record(letters().pipe(take(2)));

      expect(told).toEqual(['a', 'b', 'complete']);
      expect(ended).toHaveBeenCalledTimes(1);
    });

    it('does not end its other runs', () => {
      onVirtualTime(({ expectObservable }) => {
        const call = tamed(function* () {
          yield* sleep(3);
          return 'a';
        })();

        expectObservable(call, '^-!').toBe('---');
        expectObservable(call).toBe('     ---(a|)');
      });
    });
  });

  describe('without its promise face', () => {
    it('is an Observable, and neither a promise nor a call', () => {
      const observable = tamed(() => 1)().asObservable();

      expect(observable).toBeInstanceOf(Observable);
      expect(observable).not.toBeInstanceOf(TamedCall);
      expect('then' in observable).toBeFalse();
    });

    it('emits the same', () => {
      const observable = tamed(() => of(1, 2))().asObservable();

      expect(record(observable)).toEqual([1, 2, 'complete']);
    });

    it('fails with the same error', () => {
      const error = new Error('Oh no!');
      const observable = tamed(() => throwError(() => error))().asObservable();

      expect(record(observable)).toEqual([{ error }]);
    });

    it('runs for each subscriber', () => {
      const fn = jasmine.createSpy();
      const observable = tamed(fn)().asObservable();

      observable.subscribe();
      observable.subscribe();

      expect(fn).toHaveBeenCalledTimes(2);
    });

    it('is cancelled by unsubscribing', () => {
      onVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('      a-b-c');
        const call = tamed(() => source)();

        expectObservable(call.asObservable(), '^--!').toBe('a-b');
        expectSubscriptions(source.subscriptions).toBe('^--!');
      });
    });
  });
});

describe('A call as a promise', () => {
  it('fulfils with the value', async () => {
    const value = await tamed(() => 1)();

    expect(value).toBe(1);
  });

  it('fulfils with the last of several values', async () => {
    const value = await tamed(() => of(1, 2, 3))();

    expect(value).toBe(3);
  });

  it('fulfils with undefined, if that is the last value', async () => {
    const value = await tamed(() => of(1, undefined))();

    expect(value).toBeUndefined();
  });

  it('rejects with the failure itself', async () => {
    const error = new Error('Oh no!');
    const faulty = tamed(() => {
      throw error;
    });

    const reason: unknown = await faulty().then(undefined, (failure: unknown) => failure);

    expect(reason).toBe(error);
  });

  it('rejects with the failure that follows values', async () => {
    const faulty = tamed(() =>
      concat(
        of(1),
        throwError(() => 'reason'),
      ),
    );

    await expectAsync(faulty().then()).toBeRejectedWith('reason');
  });

  it('rejects with an EmptyError when there was no value', async () => {
    const call = tamed(() => EMPTY)();

    await expectAsync(call.then()).toBeRejectedWithError(EmptyError);
  });

  it('runs at once when then() is called', () => {
    const fn = jasmine.createSpy();

    void tamed(fn)().then();

    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('runs again for each then(), catch() and finally()', async () => {
    const fn = jasmine.createSpy();
    const call = tamed(fn)();

    await Promise.all([call.then(), call.catch(), call.finally()]);

    expect(fn).toHaveBeenCalledTimes(3);
  });

  it('passes its value through then() without a handler', async () => {
    const value = await tamed(() => 1)().then(null, undefined);

    expect(value).toBe(1);
  });

  it('fulfils with what a handler of then() makes of it', async () => {
    const value = await tamed(() => 1)().then((one) => Promise.resolve(one + 1));

    expect(value).toBe(2);
  });

  it('rejects with what a handler of then() throws', async () => {
    const promise = tamed(() => 1)().then(() => {
      throw new Error('from the handler');
    });

    await expectAsync(promise).toBeRejectedWithError('from the handler');
  });

  it('calls the handlers of then() later, as promises do', () => {
    const handler = jasmine.createSpy();

    void tamed(() => 1)().then(handler);

    expect(handler).not.toHaveBeenCalled();
  });

  it('fulfils with what catch() makes of a failure', async () => {
    const faulty = tamed((): number => {
      throw new Error('Oh no!');
    });

    const value = await faulty().catch((error: unknown) => (error as Error).message);

    expect(value).toBe('Oh no!');
  });

  it('does not call the handler of catch() without a failure', async () => {
    const handler = jasmine.createSpy();

    const value: unknown = await tamed(() => 1)().catch(handler);

    expect(value).toBe(1);
    expect(handler).not.toHaveBeenCalled();
  });

  it('calls the handler of finally() without arguments, and keeps the value', async () => {
    const handler = jasmine.createSpy().and.returnValue(2);

    const value = await tamed(() => 1)().finally(handler);

    expect(value).toBe(1);
    expect(handler).toHaveBeenCalledOnceWith();
  });

  it('calls the handler of finally() after a failure, and keeps that', async () => {
    const handler = jasmine.createSpy();
    const faulty = tamed(() => throwError(() => 'reason'));

    await expectAsync(faulty().finally(handler)).toBeRejectedWith('reason');

    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('rejects with what the handler of finally() throws', async () => {
    const promise = tamed(() => 1)().finally(() => {
      throw new Error('from the handler');
    });

    await expectAsync(promise).toBeRejectedWithError('from the handler');
  });

  it('leaves a failure that nobody handles to the runtime, as promises do', async () => {
    const error = new Error('Oh no!');
    const faulty = tamed(() => {
      throw error;
    });

    await jasmine.spyOnGlobalErrorsAsync(async (globalErrors) => {
      void faulty().then();
      await macrotask();

      expect(globalErrors).toHaveBeenCalledTimes(1);
      expect(globalErrors.calls.argsFor(0)).toContain(error);
    });
  });
});

describe('A call in a generator', () => {
  it('is waited for with yield*, which gives its value', async () => {
    const add = tamed(function* () {
      const one = yield* tamed(() => 1)();
      const two = yield* tamed(async () => 2)();
      return one + two;
    });

    const sum = await add();

    expect(sum).toBe(3);
  });

  it('gives the last of several values', async () => {
    const last = tamed(function* () {
      return yield* tamed(() => of('a', 'b'))();
    });

    const value = await last();

    expect(value).toBe('b');
  });

  it('takes the time that it takes', () => {
    onVirtualTime(({ expectObservable }) => {
      const twice = tamed(function* () {
        yield* sleep(2);
        yield* sleep(3);
        return 'a';
      });

      expectObservable(twice()).toBe('-----(a|)');
    });
  });

  it('throws its failure at the yield*', async () => {
    const error = new Error('Oh no!');
    const careful = tamed(function* () {
      try {
        return yield* tamed((): number => {
          throw error;
        })();
      } catch (failure) {
        return failure;
      }
    });

    const caught = await careful();

    expect(caught).toBe(error);
  });

  it('throws an EmptyError where there is no value', async () => {
    const call = tamed(function* () {
      yield* tamed(() => EMPTY)();
    })();

    await expectAsync(call.then()).toBeRejectedWithError(EmptyError);
  });

  it('runs once for each yield*', async () => {
    const fn = jasmine.createSpy();
    const call = tamed(fn)();

    await tamed(function* () {
      yield* call;
      yield* call;
    })();

    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('can be waited for in a plain generator that a tamed one delegates to', async () => {
    function* helper(n: number): Generator<never, number> {
      yield* sleep(0);
      return n + 1;
    }
    const add = tamed(function* () {
      return yield* helper(1);
    });

    const sum = await add();

    expect(sum).toBe(2);
  });

  it('passes every value on in an async generator, where yield* loops', () => {
    const letters = tamed(() => of('a', 'b'));
    const all = tamed(async function* () {
      yield* letters();
      yield 'c';
    });

    return expectAsync(
      new Promise((resolve) => {
        const told: unknown[] = [];
        all().subscribe({ next: (letter) => told.push(letter), complete: () => resolve(told) });
      }),
    ).toBeResolvedTo(['a', 'b', 'c']);
  });

  describe('that yields what is not waitable', () => {
    it('gets an error at the yield that says what to write for a promise', async () => {
      const call = tamed(function* load() {
        yield Promise.resolve(1);
      })();

      const error = (await call.catch((failure: unknown) => failure)) as Error;

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain('an object (Promise)');
      expect(error.message).toContain('yield* tamed.from(');
    });

    it('gets an error that says which star is missing for a call', async () => {
      const call = tamed(function* () {
        yield sleep(1);
      })();

      await expectAsync(call.then()).toBeRejectedWithError(
        TypeError,
        /TamedCall.*"yield\*" instead of "yield"/,
      );
    });

    it('gets an error that says which star is missing for a result', async () => {
      await using scope = new AsyncScope();
      const result = scope.start(of(1));
      const call = tamed(function* () {
        yield result;
      })();

      await expectAsync(call.then()).toBeRejectedWithError(
        TypeError,
        /DelayedResult.*"yield\*" instead of "yield"/,
      );
    });

    it('gets an error that names the generator', async () => {
      const call = tamed(function* postProcess() {
        yield 5;
      })();

      await expectAsync(call.then()).toBeRejectedWithError(TypeError, /"postProcess".* 5 \(number\)/);
    });

    it('gets an error whose stack has the line that ran it', () => {
      const faulty = tamed(function* () {
        yield 5;
      });

      const [told] = record(faulty()) as [{ error: Error }];

      expect(told.error.stack).toContain('tamed.spec.ts');
    });

    it('gets an error about the first item of an iterable it delegates to', async () => {
      const delegating = tamed(function* (iterable: Iterable<unknown>) {
        yield* iterable;
      });

      await expectAsync(delegating([1, 2]).then()).toBeRejectedWithError(TypeError, /yielded 1 \(number\)/);
      await expectAsync(delegating('abc').then()).toBeRejectedWithError(TypeError, /yielded "a" \(string\)/);
      await expectAsync(delegating(new Set([null])).then()).toBeRejectedWithError(TypeError, /yielded null/);
    });

    it('can handle the error and go on', async () => {
      const careful = tamed(function* () {
        try {
          yield 5;
        } catch {
          yield* sleep(0);
        }
        return 'went on';
      });

      const value = await careful();

      expect(value).toBe('went on');
    });

    it('runs its finally block', async () => {
      const log: string[] = [];
      const call = tamed(function* () {
        try {
          yield 5;
        } finally {
          log.push('finally');
        }
      })();

      await call.catch(() => {});

      expect(log).toEqual(['finally']);
    });
  });
});

describe('A call that is spread or looped over', () => {
  const advice = 'Use "yield*" in a generator given to tamed(), or "await".';
  // The rules of TypeScript know, too, that a call is a promise, and would complain.
  const loose = (call: Iterable<unknown>): Iterable<unknown> => call;
  const misuses: Record<string, (call: Iterable<unknown>) => unknown> = {
    'is spread': (call) => [...call],
    'is destructured': (call) => {
      const [first] = call;
      return first;
    },
    'is looped over': (call) => {
      for (const value of call) {
        return value;
      }
      return undefined;
    },
    'makes an array': (call) => Array.from(call),
    'makes a set': (call) => new Set(call),
    'is spread as arguments': (call) => Math.max(...(call as Iterable<number>)),
  };

  for (const [described, misuse] of Object.entries(misuses)) {
    it(`throws advice where it ${described}`, () => {
      const error = thrownBy(() => misuse(sleep(1)));

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(advice);
    });

    it(`throws advice where it ${described} in a tamed generator`, async () => {
      const call = tamed(function* () {
        return misuse(sleep(1));
      })();

      const error = (await call.catch((failure: unknown) => failure)) as Error;

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(advice);
    });
  }

  it('throws advice in a tamed async function', async () => {
    const call = tamed(async () => [...loose(sleep(1))])();

    await expectAsync(call.then()).toBeRejectedWithError(TypeError, /await/);
  });

  it('throws advice in a tamed async function after an await', async () => {
    const call = tamed(async () => {
      await Promise.resolve();
      return [...loose(sleep(1))];
    })();

    await expectAsync(call.then()).toBeRejectedWithError(TypeError, /await/);
  });

  it('throws advice where the brackets of Promise.all() are missing', async () => {
    await expectAsync(Promise.all(sleep(1) as never)).toBeRejectedWithError(TypeError, /await/);
  });

  it('throws advice in a generator that was not tamed', () => {
    function* untamed(): Generator<never, void> {
      yield* sleep(1);
    }

    expect(() => untamed().next()).toThrowError(
      TypeError,
      /a generator given to tamed\(\).* another copy of async-tamer, write "yield\* tamed\.from\(call\)"/,
    );
  });

  it('throws at the line of the loop', () => {
    const error = thrownBy(() => [...loose(sleep(1))]);

    expect(firstLineOf(error)).toContain('tamed.spec.ts');
  });

  it('has not run', () => {
    const fn = jasmine.createSpy();

    thrownBy(() => [...loose(tamed(fn)())]);

    expect(fn).not.toHaveBeenCalled();
  });

  it('does not disturb the generator that handles the error', async () => {
    const careful = tamed(function* () {
      thrownBy(() => [...loose(sleep(1))]);
      const [first] = [yield* tamed(() => 'went on')()];
      return first;
    });

    const value = await careful();

    expect(value).toBe('went on');
  });
});

describe('A call in "for await"', () => {
  it('yields every value', async () => {
    const told: string[] = [];

    for await (const letter of tamed(() => of('a', 'b', 'c'))()) {
      told.push(letter);
    }

    expect(told).toEqual(['a', 'b', 'c']);
  });

  it('yields nothing when there are no values', async () => {
    const told: unknown[] = [];

    for await (const value of tamed(() => EMPTY)()) {
      told.push(value);
    }

    expect(told).toEqual([]);
  });

  it('keeps the values that come while the loop is busy', async () => {
    const source = new Subject<number>();
    const told: number[] = [];
    setTimeout(() => source.next(1));

    for await (const value of tamed(() => source)()) {
      told.push(value);
      if (value === 1) {
        source.next(2);
        source.next(3);
        source.complete();
      }
      await Promise.resolve();
    }

    expect(told).toEqual([1, 2, 3]);
  });

  it('throws the failure after the values before it', async () => {
    const error = new Error('Oh no!');
    const call = tamed(() =>
      concat(
        of(1, 2),
        throwError(() => error),
      ),
    )();
    const told: unknown[] = [];

    try {
      for await (const value of call) {
        told.push(value);
      }
    } catch (failure) {
      told.push(failure);
    }

    expect(told).toEqual([1, 2, error]);
  });

  it('is unsubscribed when the loop is left', async () => {
    const ended = jasmine.createSpy();
    const call = tamed(() => concat(of(1), NEVER).pipe(finalize(ended)))();

    for await (const value of call) {
      expect(value).toBe(1);
      break;
    }

    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('is unsubscribed when the loop throws', async () => {
    const ended = jasmine.createSpy();
    const call = tamed(() => concat(of(1), NEVER).pipe(finalize(ended)))();
    const loop = async (): Promise<void> => {
      for await (const value of call) {
        throw new Error(`from the loop at ${value}`);
      }
    };

    await expectAsync(loop()).toBeRejectedWithError('from the loop at 1');

    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('runs once for each loop', async () => {
    const fn = jasmine.createSpy().and.returnValue(of(1, 2));
    const call = tamed(fn)();

    for await (const value of call) {
      expect(value).toBe(1);
      break;
    }
    for await (const value of call) {
      expect(value).toBe(1);
      break;
    }

    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('runs when the first value is asked for', async () => {
    const fn = jasmine.createSpy().and.returnValue(1);

    const iterator = tamed(fn)()[Symbol.asyncIterator]();
    const before = fn.calls.count();
    await iterator.next();

    expect([before, fn.calls.count()]).toEqual([0, 1]);
  });

  it('never runs when the loop is left before', async () => {
    const fn = jasmine.createSpy().and.returnValue(1);
    const iterator = tamed(fn)()[Symbol.asyncIterator]();

    await iterator.return?.();
    const next = await iterator.next();

    expect(next).toEqual({ done: true, value: undefined });
    expect(fn).not.toHaveBeenCalled();
  });

  it('answers those who ask at once in the order in which they ask', async () => {
    const source = new Subject<number>();
    const iterator = tamed(() => source)()[Symbol.asyncIterator]();

    const asked = Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    source.next(1);
    source.next(2);
    source.complete();

    expect(await asked).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
    ]);
  });

  it('is done for good at the end', async () => {
    const iterator = tamed(() => 1)()[Symbol.asyncIterator]();

    const asked = [await iterator.next(), await iterator.next(), await iterator.next()];

    expect(asked.map(({ done }) => done)).toEqual([false, true, true]);
  });

  it('is done for good after a failure', async () => {
    const iterator = tamed(() => throwError(() => 'reason'))()[Symbol.asyncIterator]();

    await expectAsync(iterator.next()).toBeRejectedWith('reason');
    const next = await iterator.next();

    expect(next.done).toBeTrue();
  });

  it('tells one who still asks when the loop is left that it is done', async () => {
    const iterator = tamed(() => NEVER)()[Symbol.asyncIterator]();

    const asked = iterator.next();
    await iterator.return?.();

    expect(await asked).toEqual({ done: true, value: undefined });
  });
});

describe('tamed.from()', () => {
  it('makes a call', () => {
    const call = tamed.from(of(1));

    expect(call).toBeInstanceOf(TamedCall);
    expect(call.name).toBe('');
  });

  it('emits the value of a promise', async () => {
    const value = await tamed.from(Promise.resolve(1));

    expect(value).toBe(1);
  });

  it('emits the value of a thenable', async () => {
    const thenable = { then: (fulfil: (value: number) => void) => fulfil(1) } as PromiseLike<number>;

    const value = await tamed.from(thenable);

    expect(value).toBe(1);
  });

  it('fails with the reason of a promise', async () => {
    const call = tamed.from(Promise.reject(new Error('Oh no!')));

    await expectAsync(call.then()).toBeRejectedWithError('Oh no!');
  });

  it('emits what an Observable emits, when it emits it', () => {
    onVirtualTime(({ cold, expectObservable }) => {
      const source = '  -a-b-(c|)';
      const expected = '-a-b-(c|)';

      expectObservable(tamed.from(cold(source))).toBe(expected);
    });
  });

  it('emits what an array and an iterable hold', () => {
    const told = [...record(tamed.from([1, 2])), ...record(tamed.from(new Set(['a'])))];

    expect(told).toEqual([1, 2, 'complete', 'a', 'complete']);
  });

  it('emits what an async iterable yields', async () => {
    const letters = tamed.from(
      (async function* () {
        yield 'a';
        yield 'b';
      })(),
    );
    const told: string[] = [];

    for await (const letter of letters) {
      told.push(letter);
    }

    expect(told).toEqual(['a', 'b']);
  });

  it('emits what a call emits, which runs for each subscriber', () => {
    const fn = jasmine.createSpy().and.returnValue(of(1, 2));
    const call = tamed.from(tamed(fn)());

    const told = [...record(call), ...record(call)];

    expect(told).toEqual([1, 2, 'complete', 1, 2, 'complete']);
    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('emits the value of a result', async () => {
    await using scope = new AsyncScope();
    const result = scope.start(of('a', 'b'));

    const value = await tamed.from(result);

    expect(value).toBe('b');
  });

  it('fails with a CancelledError when a result is cancelled', async () => {
    const scope = new AsyncScope();
    const result = scope.start(NEVER);

    const promise = tamed.from(result).then();
    scope.cancel('reason');

    await expectAsync(promise).toBeRejectedWithError(CancelledError);
  });

  it('fails with a CancelledError when a result was cancelled before', () => {
    const scope = new AsyncScope();
    const result = scope.start(NEVER);
    scope.cancel('reason');

    const [told] = record(tamed.from(result)) as [{ error: CancelledError }];

    expect(told.error).toBeInstanceOf(CancelledError);
    expect(told.error.cause).toBe('reason');
  });

  it('leaves the child of a result running when it is cancelled', async () => {
    await using scope = new AsyncScope({ exitMode: 'cancel' });
    const result = scope.start(NEVER);

    tamed.from(result).subscribe().unsubscribe();

    expect(result.status).toBe('pending');
  });

  it('subscribes to nothing before it is subscribed, and then each time', () => {
    onVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('                  --a|');
      const call = tamed.from(source);

      expectObservable(call, '-^').toBe('   ---a|');
      expectObservable(call, '--^').toBe('  ----a|');
      expectSubscriptions(source.subscriptions).toBe(['-^--!', '--^--!']);
    });
  });

  it('unsubscribes from an Observable when it is cancelled', () => {
    onVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('                    --a--b');
      const call = tamed.from(source);

      expectObservable(call, '           ^---!').toBe('--a');
      expectSubscriptions(source.subscriptions).toBe('^---!');
    });
  });

  it('listens no longer to a promise when it is cancelled', async () => {
    const told: unknown[] = [];

    tamed
      .from(Promise.resolve(1))
      .subscribe((value) => told.push(value))
      .unsubscribe();
    await macrotask();

    expect(told).toEqual([]);
  });

  it('does not make the later failure of a promise an unhandled one when it is cancelled', async () => {
    await jasmine.spyOnGlobalErrorsAsync(async (globalErrors) => {
      tamed
        .from(Promise.reject(new Error('Oh no!')))
        .subscribe()
        .unsubscribe();
      await macrotask();

      expect(globalErrors).not.toHaveBeenCalled();
    });
  });

  for (const [described, value] of [
    ['5 (number)', 5],
    ['null', null],
    ['undefined', undefined],
    ['true (boolean)', true],
    ['an object (Object)', {}],
  ] as const) {
    it(`complains at once of ${described}, which is no source`, () => {
      const error = thrownBy(() => tamed.from(value as never));

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(described);
      expect(firstLineOf(error)).toContain('tamed.spec.ts');
    });
  }

  it('says that a function has to be called', () => {
    expect(() => tamed.from(sleep as never)).toThrowError(TypeError, /"sleep".*Call it/);
  });
});

describe('tamed.all()', () => {
  it('emits the last value of each, in their order, when the last has ended', () => {
    onVirtualTime(({ cold, expectObservable }) => {
      const slow = cold('--a--b|');
      const fast = cold('c|');
      const expected = ' ------(x|)';

      expectObservable(tamed.all([slow, fast])).toBe(expected, { x: ['b', 'c'] });
    });
  });

  it('runs all at the same time', () => {
    onVirtualTime(({ expectObservable }) => {
      const call = tamed.all([sleep(3), sleep(2), sleep(3)]);

      expectObservable(call).toBe('---(x|)', { x: [undefined, undefined, undefined] });
    });
  });

  it('runs nothing before it is subscribed, and then each time', () => {
    const fn = jasmine.createSpy().and.returnValue(1);
    const call = tamed.all([tamed(fn)(), tamed(fn)()]);

    const before = fn.calls.count();
    call.subscribe();
    call.subscribe();

    expect([before, fn.calls.count()]).toEqual([0, 4]);
  });

  it('runs them in their order', () => {
    const log: string[] = [];
    const note = tamed((word: string) => log.push(word));

    tamed.all([note('a'), note('b'), note('c')]).subscribe();

    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('runs a call twice that is listed twice', async () => {
    let runs = 0;
    const call = tamed(() => ++runs)();

    const values = await tamed.all([call, call]);

    expect(values).toEqual([1, 2]);
  });

  it('emits an empty array when it is given none', () => {
    expect(record(tamed.all([]))).toEqual([[], 'complete']);
  });

  it('takes promises, Observables, results and iterables, too', async () => {
    await using scope = new AsyncScope();
    const result = scope.start(of('result'));

    const values = await tamed.all([Promise.resolve('promise'), of('observable'), result, ['a', 'b']]);

    expect(values).toEqual(['promise', 'observable', 'result', 'b']);
  });

  it('does not see what happens to the array afterwards', async () => {
    const calls = [tamed(() => 1)()];
    const call = tamed.all(calls);
    calls.push(tamed(() => 2)());

    const values = await call;

    expect(values).toEqual([1]);
  });

  it('can be waited for in a generator', async () => {
    const add = tamed(function* () {
      const [one, two] = yield* tamed.all([tamed(() => 1)(), tamed(async () => 2)()]);
      return one + two;
    });

    const sum = await add();

    expect(sum).toBe(3);
  });

  it('can hold others of its kind', async () => {
    const values = await tamed.all([tamed.all([of(1), of(2)]), tamed.all([])]);

    expect(values).toEqual([[1, 2], []]);
  });

  it('can be subscribed from the code of one of its calls', async () => {
    const outer = tamed.all([tamed(() => tamed.all([of(1)]))(), of(2)]);

    const values = await outer;

    expect(values).toEqual([[1], 2]);
  });

  describe('when one fails', () => {
    it('fails with that very error', () => {
      const error = new Error('Oh no!');
      const failing = throwError(() => error);

      const [told] = record(tamed.all([failing, sleep(1)])) as [{ error: unknown }];

      expect(told.error).toBe(error);
    });

    it('cancels the others', () => {
      onVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
        const failing = cold(' --#');
        const other = cold('   ------');
        const call = tamed.all([other, failing, sleep(9)]);

        expectObservable(call).toBe('--#');
        expectSubscriptions(other.subscriptions).toBe('^-!');
      });
    });

    it('fails when the others have cleaned up', () => {
      onVirtualTime(({ cold, expectObservable }) => {
        const failing = cold('      --#');
        const other = tamed(function* () {
          try {
            yield* sleep(100);
          } finally {
            yield* sleep(5);
          }
        });
        const expected = '          -------#';

        expectObservable(tamed.all([failing, other()])).toBe(expected);
      });
    });

    it('lets none of the others go on for which the cleanup of one makes way', () => {
      const log: string[] = [];
      const failing = new Subject<void>();
      const gate = new Subject<void>();
      const next = tamed(function* () {
        yield* tamed.from(gate);
        log.push('went on');
      });
      const first = NEVER.pipe(
        finalize(() => {
          gate.next();
          gate.complete();
        }),
      );
      tamed.all([first, next(), failing]).subscribe({ error() {} });

      failing.error(new Error('Oh no!'));

      expect(log).toEqual([]);
    });

    it('waits for cleanup that a teardown has handed over', () => {
      onVirtualTime(({ cold, expectObservable }) => {
        const failing = cold('      --#');
        const other = NEVER.pipe(finalize(() => cleanup(sleep(5))));
        const expected = '          -------#';

        expectObservable(tamed.all([failing, other])).toBe(expected);
      });
    });

    it('fails with the first error, whatever comes later', () => {
      onVirtualTime(({ cold, expectObservable }) => {
        const first = cold(' ---#', undefined, 'first');
        const second = cold('----#', undefined, 'second');
        const expected = '   ---#';

        expectObservable(tamed.all([second, first])).toBe(expected, undefined, 'first');
      });
    });

    it('fails with the first error, in the order of the calls, when two come at a time', () => {
      onVirtualTime(({ cold, expectObservable }) => {
        const first = cold(' ---#', undefined, 'first');
        const second = cold('---#', undefined, 'second');
        const expected = '   ---#';

        expectObservable(tamed.all([first, second])).toBe(expected, undefined, 'first');
      });
    });

    it('can be handled at the yield*', async () => {
      const careful = tamed(function* () {
        try {
          yield* tamed.all([throwError(() => 'reason'), NEVER]);
          return 'never';
        } catch (error) {
          return error;
        }
      });

      const caught = await careful();

      expect(caught).toBe('reason');
    });

    it('leaves what the cleanup of another throws to the scope', async () => {
      const scope = new AsyncScope();
      const other = tamed(function* () {
        try {
          yield* sleep(100);
        } finally {
          throw new Error('from the cleanup');
        }
      });
      const result = scope.start(tamed.all([other(), failingAfter(2)]));

      await expectAsync(result.then()).toBeRejectedWith('reason');
      const raised = (await scope.close().catch((error: unknown) => error)) as ScopeError;

      expect(raised).toBeInstanceOf(ScopeError);
      expect(raised.errors).toEqual([new Error('from the cleanup')]);
    });

    it('fails with an EmptyError when that one ends without a value', async () => {
      const call = tamed.all([EMPTY, NEVER]);

      await expectAsync(call.then()).toBeRejectedWithError(EmptyError);
    });

    it('fails with a CancelledError when that one is a result that is cancelled', async () => {
      const scope = new AsyncScope();
      const promise = tamed.all([scope.start(NEVER), NEVER]).then();

      scope.cancel();

      await expectAsync(promise).toBeRejectedWithError(CancelledError);
    });
  });

  describe('when it is cancelled', () => {
    it('cancels all', () => {
      onVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
        const first = cold('   --a---');
        const second = cold('  ------');

        expectObservable(tamed.all([first, second]), '^---!').toBe('---');
        expectSubscriptions(first.subscriptions).toBe('      ^---!');
        expectSubscriptions(second.subscriptions).toBe('     ^---!');
      });
    });

    it('cancels them in their order', () => {
      const log: string[] = [];
      const note = (word: string): Observable<never> => NEVER.pipe(finalize(() => log.push(word)));

      tamed
        .all([note('a'), note('b'), note('c')])
        .subscribe()
        .unsubscribe();

      expect(log).toEqual(['a', 'b', 'c']);
    });

    it('keeps its scope from closing until all have cleaned up', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope({ exitMode: 'cancel' });
        const slow = tamed(function* (ms: number) {
          try {
            yield* sleep(100);
          } finally {
            yield* sleep(ms);
          }
        });

        scope.start(tamed.all([slow(3), slow(5)]));

        expectObservable(scope.close()).toBe('-----(x|)', { x: undefined });
      });
    });

    it('does not lose a failure that it was about to tell', async () => {
      const scope = new AsyncScope();
      const slow = tamed(function* () {
        try {
          yield* sleep(100);
        } finally {
          yield* sleep(5);
        }
      });
      scope.start(tamed.all([slow(), throwError(() => 'reason')]));

      scope.cancel();
      const raised = (await scope.close().catch((error: unknown) => error)) as ScopeError;

      expect(raised.errors).toEqual(['reason']);
    });

    it('leaves the child of a result running', async () => {
      await using scope = new AsyncScope({ exitMode: 'cancel' });
      const result = scope.start(NEVER);

      tamed
        .all([result, sleep(100)])
        .subscribe()
        .unsubscribe();

      expect(result.status).toBe('pending');
    });
  });

  describe('of what is no list of sources', () => {
    for (const [described, value] of [
      ['5 (number)', 5],
      ['undefined', undefined],
      ['an object (Object)', {}],
      ['an object (TamedCall)', sleep(1)],
      ['the function "sleep"', sleep],
    ] as const) {
      it(`complains at once of ${described}`, () => {
        const error = thrownBy(() => tamed.all(value as never));

        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toContain(`array of calls, but got ${described}`);
        expect(firstLineOf(error)).toContain('tamed.spec.ts');
      });
    }

    it('complains at once of an item that is none', () => {
      const error = thrownBy(() => tamed.all([sleep(1), 5 as never]));

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain('5 (number)');
      expect(firstLineOf(error)).toContain('tamed.spec.ts');
    });

    it('says that a function has to be called', () => {
      expect(() => tamed.all([sleep as never])).toThrowError(TypeError, /"sleep".*Call it/);
    });
  });
});

describe('sleep()', () => {
  it('emits undefined after as many milliseconds, and completes', () => {
    onVirtualTime(({ expectObservable }) => {
      expectObservable(sleep(3)).toBe('---(x|)', { x: undefined });
    });
  });

  it('takes real time elsewhere', async () => {
    const before = performance.now();

    await sleep(5);

    expect(performance.now() - before).toBeGreaterThanOrEqual(4);
  });

  it('waits again for each subscriber', () => {
    onVirtualTime(({ expectObservable }) => {
      const call = sleep(2);

      expectObservable(call).toBe('       --(x|)', { x: undefined });
      expectObservable(call, '---^').toBe('-----(x|)', { x: undefined });
    });
  });

  it('does not emit before subscribe() returns, even after no time', () => {
    const told = record(sleep(0).pipe(take(1)));

    expect(told).toEqual([]);
  });

  it('takes a negative time for none, as timer() does', () => {
    onVirtualTime(({ expectObservable }) => {
      const late = tamed(function* () {
        yield* sleep(3);
        yield* sleep(-2);
        return 'a';
      });

      expectObservable(late()).toBe('---(a|)');
    });
  });

  it('waits forever for Infinity', () => {
    onVirtualTime(({ expectObservable }) => {
      expectObservable(sleep(Infinity)).toBe('---');
    });
  });

  it('leaves no timer behind when it is cancelled', () => {
    const set = spyOn(globalThis, 'setInterval').and.callThrough(); // RxJS's only kind.
    const clear = spyOn(globalThis, 'clearInterval').and.callThrough();

    sleep(1000).subscribe().unsubscribe();

    expect(set).toHaveBeenCalledTimes(1);
    expect(clear).toHaveBeenCalledOnceWith(set.calls.first().returnValue);
  });

  it('is named', () => {
    expect([sleep.name, sleep(1).name]).toEqual(['sleep', 'sleep']);
  });

  for (const [described, ms] of [
    ['NaN (number)', NaN],
    ['2147483648 (number)', 2 ** 31],
    ['"5" (string)', '5'],
    ['undefined', undefined],
    ['5 (bigint)', 5n],
  ] as const) {
    it(`complains at once of ${described}`, () => {
      const error = thrownBy(() => sleep(ms as never));

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(`milliseconds`);
      expect(error.message).toContain(described);
      expect(firstLineOf(error)).toContain('tamed.spec.ts');
    });
  }
});

/** An Observable that fails with 'reason' after so many milliseconds. */
function failingAfter(ms: number): Observable<never> {
  return concat(
    timer(ms).pipe(map(() => undefined as never)),
    throwError(() => 'reason'),
  );
}
