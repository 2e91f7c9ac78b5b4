import type * as RxJS from 'rxjs';
import {
  combineLatest,
  concat,
  concatMap,
  defer,
  EMPTY,
  EmptyError,
  exhaustMap,
  finalize,
  firstValueFrom,
  forkJoin,
  from,
  isObservable,
  lastValueFrom,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  race,
  Subject,
  switchMap,
  throwError,
  timer,
  zip,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  AsyncScope,
  CancelledError,
  sleep,
  tamed,
  type DelayedResult,
  type TamedCall,
} from '../../src/index.ts';

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

const macrotask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** A call and a result of the same source. */
const kinds: [string, <T>(source: Observable<T>) => TamedCall<T> | DelayedResult<T>][] = [
  ['A call', (source) => tamed(() => source)()],
  ['A result', (source) => new AsyncScope({ errorMode: 'continue' }).start(source)],
];

for (const [kind, make] of kinds) {
  describe(`${kind} among promises`, () => {
    it('is awaited in an async function', async () => {
      const value = await make(of(1, 2));

      expect(value).toBe(2);
    });

    it('is thrown by an await when it fails', async () => {
      let caught: unknown;

      try {
        await make(throwError(() => 'reason'));
      } catch (error) {
        caught = error;
      }

      expect(caught).toBe('reason');
    });

    it('is awaited when an async function returns it', async () => {
      const read = async (): Promise<number> => make(of(1));

      await expectAsync(read()).toBeResolvedTo(1);
    });

    it('is awaited when then() returns it', async () => {
      const value = await Promise.resolve().then(() => make(of(1)));

      expect(value).toBe(1);
    });

    it('makes a native promise by Promise.resolve()', async () => {
      const promise = Promise.resolve(make(of(1)));

      expect(promise.constructor).toBe(Promise);
      await expectAsync(promise).toBeResolvedTo(1);
    });

    it('is one of Promise.all()', async () => {
      const values = await Promise.all([make(of(1)), make(timer(1)), 3]);

      expect(values).toEqual([1, 0, 3]);
    });

    it('fails Promise.all()', async () => {
      const promise = Promise.all([make(throwError(() => 'reason')), make(of(1))]);

      await expectAsync(promise).toBeRejectedWith('reason');
    });

    it('is one of Promise.race()', async () => {
      const value = await Promise.race([make(NEVER), make(of(1))]);

      expect(value).toBe(1);
    });

    it('is one of Promise.any()', async () => {
      const value = await Promise.any([make(throwError(() => 'reason')), make(of(1))]);

      expect(value).toBe(1);
    });

    it('is one of Promise.allSettled()', async () => {
      const outcomes = await Promise.allSettled([make(of(1)), make(throwError(() => 'reason')), make(EMPTY)]);

      expect(outcomes).toEqual([
        { status: 'fulfilled', value: 1 },
        { status: 'rejected', reason: 'reason' },
        { status: 'rejected', reason: jasmine.any(EmptyError) },
      ]);
    });

    it('is no promise to instanceof, as it is an Observable', () => {
      const both: unknown = make(of(1));

      expect(both).not.toBeInstanceOf(Promise);
      expect(both).toBeInstanceOf(Observable);
    });
  });

  describe(`${kind} among Observables`, () => {
    it('is one to RxJS, which sees every value and not its promise', () => {
      const source = new Subject<number>();

      const told = record(from(make(source)));
      source.next(1);
      source.next(2);
      source.complete();

      expect(told).toEqual([1, 2, 'complete']);
    });

    it('is recognised by isObservable() and by Symbol.observable', () => {
      const observable = make(of(1));
      const key = (Symbol as { observable?: symbol }).observable ?? '@@observable';

      expect(isObservable(observable)).toBeTrue();
      expect((observable as unknown as Record<PropertyKey, () => unknown>)[key]!()).toBe(observable);
    });

    it('gives its last value to lastValueFrom(), its first to firstValueFrom()', async () => {
      const values = [await lastValueFrom(make(of(1))), await firstValueFrom(make(of(1)))];

      expect(values).toEqual([1, 1]);
    });

    it('is one of forkJoin()', () => {
      const told = record(forkJoin([make(of(1)), make(of(2))]));

      expect(told).toEqual([[1, 2], 'complete']);
    });

    it('is a property of forkJoin()', () => {
      const told = record(forkJoin({ one: make(of(1)), two: make(of(2)) }));

      expect(told).toEqual([{ one: 1, two: 2 }, 'complete']);
    });

    it('is one of combineLatest()', () => {
      const told = record(combineLatest([make(of(1)), of('a', 'b')]));

      expect(told).toEqual([[1, 'a'], [1, 'b'], 'complete']);
    });

    it('is one of zip(), merge() and concat()', () => {
      const told = [
        record(zip(make(of(1)), make(of(2)))),
        record(merge(make(of(1)), make(of(2)))),
        record(concat(make(of(1)), make(of(2)))),
      ];

      expect(told).toEqual([
        [[1, 2], 'complete'],
        [1, 2, 'complete'],
        [1, 2, 'complete'],
      ]);
    });

    it('is one of race()', () => {
      const told = record(race(make(NEVER), make(of(1))));

      expect(told).toEqual([1, 'complete']);
    });

    it('is what a higher-order operator maps to', () => {
      const told = [
        record(of('a').pipe(mergeMap(() => make(of(1))))),
        record(of('a').pipe(switchMap(() => make(of(1))))),
        record(of('a').pipe(concatMap(() => make(of(1))))),
        record(of('a').pipe(exhaustMap(() => make(of(1))))),
      ];

      expect(told).toEqual([
        [1, 'complete'],
        [1, 'complete'],
        [1, 'complete'],
        [1, 'complete'],
      ]);
    });

    it('is what defer() makes', () => {
      const told = record(defer(() => make(of(1))));

      expect(told).toEqual([1, 'complete']);
    });

    it('passes its failure on as it is', () => {
      const error = new Error('Oh no!');

      const told = record(of('a').pipe(mergeMap(() => make(throwError(() => error)))));

      expect(told).toEqual([{ error }]);
    });

    it('has no promise face without it', async () => {
      const observable = make(of(1)).asObservable();

      expect(await Promise.all([observable])).toEqual([observable]);
      expect(isObservable(observable)).toBeTrue();
    });
  });
}

describe('A call that loses', () => {
  it('goes on after Promise.race(), which cannot cancel', async () => {
    const fn = jasmine.createSpy();
    const loser = tamed(function* () {
      yield* sleep(1);
      fn();
    });

    await Promise.race([loser(), tamed(() => 1)()]);
    await macrotask();

    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('is cancelled after race(), which can', () => {
    onVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
      const slow = cold('       ----a|');
      const fast = cold('       --b--c|');
      const winner = race(tamed(() => slow)(), tamed(() => fast)());

      expectObservable(winner).toBe('--b--c|');
      expectSubscriptions(slow.subscriptions).toBe('^-!');
    });
  });

  it('is cancelled by switchMap() when the next comes', () => {
    onVirtualTime(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = hot('       -x--x----|');
      const inner = cold('        ---a-b|');
      const expected = '         -------a-b|';
      const call = tamed(() => inner);

      expectObservable(source.pipe(switchMap(() => call()))).toBe(expected);
      expectSubscriptions(inner.subscriptions).toBe(['-^--!', '----^-----!']);
    });
  });

  it('is cancelled by firstValueFrom() after its first value', async () => {
    const ended = jasmine.createSpy();
    const call = tamed(() => concat(of(1), NEVER).pipe(finalize(ended)))();

    const value = await firstValueFrom(call);

    expect(value).toBe(1);
    expect(ended).toHaveBeenCalledTimes(1);
  });
});

describe('A result that is cancelled', () => {
  it('rejects among promises', async () => {
    const scope = new AsyncScope();
    const result = scope.start(NEVER);

    const outcomes = Promise.allSettled([result, Promise.all([result]), Promise.race([result])]);
    scope.cancel();

    expect(await outcomes).toEqual([
      { status: 'rejected', reason: jasmine.any(CancelledError) },
      { status: 'rejected', reason: jasmine.any(CancelledError) },
      { status: 'rejected', reason: jasmine.any(CancelledError) },
    ]);
  });

  it('completes among Observables', () => {
    const scope = new AsyncScope();
    const result = scope.start(concat(of(1), NEVER));
    const combinations = [forkJoin([result, of('a')]), merge(result, of('a')), from(result)];
    const told = combinations.map(record);

    scope.cancel();

    expect(told).toEqual([
      [[1, 'a'], 'complete'],
      [1, 'a', 'complete'],
      [1, 'complete'],
    ]);
  });

  it('gives lastValueFrom() the last value, or its EmptyError', async () => {
    const scope = new AsyncScope();
    const some = lastValueFrom(scope.start(concat(of(1), NEVER)));
    const none = lastValueFrom(scope.start(NEVER));

    scope.cancel();

    await expectAsync(some).toBeResolvedTo(1);
    await expectAsync(none).toBeRejectedWithError(EmptyError);
  });
});

/** The default is what Node makes of it. */
type Bundle = typeof RxJS & { readonly default?: typeof RxJS };

describe('Another copy of RxJS', () => {
  let other: typeof RxJS;

  beforeAll(async () => {
    // @ts-expect-error -- it has no types
    const bundle = (await import('../../node_modules/rxjs/dist/bundles/rxjs.umd.js')) as Bundle;
    other = bundle.default ?? bundle;
  });

  it('has classes of its own, so that instanceof cannot tell', () => {
    expect(other.Observable).not.toBe(Observable);
    expect(other.of(1)).not.toBeInstanceOf(Observable);
  });

  it('takes a call for an Observable', () => {
    const call = tamed(() => of(1, 2))();

    expect(other.isObservable(call)).toBeTrue();
    expect(record(other.from(call))).toEqual([1, 2, 'complete']);
  });

  it('takes a result for an Observable', () => {
    const result = new AsyncScope().start(of(1, 2));

    expect(record(other.from(result))).toEqual([2, 'complete']);
  });

  it('passes a failure on as it is', () => {
    const error = new Error('Oh no!');
    const call = tamed(() => throwError(() => error))();

    expect(record(other.from(call))).toEqual([{ error }]);
  });

  it('cancels a call', () => {
    const ended = jasmine.createSpy();
    const call = tamed(() => NEVER.pipe(finalize(ended)))();

    other.from(call).subscribe().unsubscribe();

    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('pipes a call through its operators', () => {
    const call = tamed(() => of(1, 2, 3))();

    const told = record(call.pipe(other.map((n: number) => 2 * n) as never, other.take(2) as never));

    expect(told).toEqual([2, 4, 'complete']);
  });

  it('maps to calls', () => {
    const double = tamed((n: number) => of(n, 2 * n));

    const told = record(other.of(1, 2).pipe(other.concatMap((n) => double(n) as never)));

    expect(told).toEqual([1, 2, 2, 4, 'complete']);
  });

  it('makes what a tamed function may return', () => {
    const call = tamed(() => other.of(1, 2))();

    expect(record(call)).toEqual([1, 2, 'complete']);
  });

  it('makes what a call can be made of', async () => {
    const values = await tamed.all([tamed.from(other.of('a', 'b')), other.of(1) as never]);

    expect(values).toEqual(['b', 1] as never);
  });

  it('makes what a scope can start, and cancel', () => {
    const scope = new AsyncScope();
    const ended = jasmine.createSpy();

    const some = scope.start(other.of(1, 2));
    const none = scope.start(other.NEVER.pipe(other.finalize(ended)));
    scope.cancel();

    expect([some.value, none.status]).toEqual([2, 'cancelled']);
    expect(ended).toHaveBeenCalledTimes(1);
  });
});

describe('"for await" over a result', () => {
  it('yields what comes, from the latest value on', async () => {
    const source = new Subject<number>();
    const result = new AsyncScope().start(source);
    source.next(1);
    source.next(2);
    const told: number[] = [];

    setTimeout(() => {
      source.next(3);
      source.complete();
    });
    for await (const value of result) {
      told.push(value);
    }

    expect(told).toEqual([2, 3]);
  });

  it('yields the last value when it has ended before', async () => {
    const told: number[] = [];

    for await (const value of new AsyncScope().start(of(1, 2))) {
      told.push(value);
    }

    expect(told).toEqual([2]);
  });

  it('throws a CancelledError when it is cancelled', async () => {
    const scope = new AsyncScope();
    const result = scope.start(concat(of(1), NEVER));
    const told: unknown[] = [];

    try {
      for await (const value of result) {
        told.push(value);
        scope.cancel('reason');
      }
    } catch (error) {
      told.push(error);
    }

    expect(told).toEqual([1, jasmine.any(CancelledError)]);
  });

  it('throws the failure itself', async () => {
    const scope = new AsyncScope();
    const error = new Error('Oh no!');
    const result = scope.start(throwError(() => error));
    const loop = async (): Promise<void> => {
      for await (const value of result) {
        expect(value).toBeUndefined();
      }
    };

    await expectAsync(loop()).toBeRejectedWith(error);
  });

  it('does not end the child when it is left', async () => {
    const scope = new AsyncScope();
    const result = scope.start(concat(of(1), NEVER));

    for await (const value of result) {
      expect(value).toBe(1);
      break;
    }

    expect(result.status).toBe('pending');
  });

  it('can be done by several at a time', async () => {
    const source = new Subject<number>();
    const result = new AsyncScope().start(source);
    const collect = async (): Promise<number[]> => {
      const told: number[] = [];
      for await (const value of result) {
        told.push(value);
      }
      return told;
    };

    const both = Promise.all([collect(), collect()]);
    source.next(1);
    source.next(2);
    source.complete();

    expect(await both).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});
