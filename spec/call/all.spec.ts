import type { Observable, ObservableInput } from 'rxjs';
import { concat, EMPTY, EmptyError, finalize, map, NEVER, of, Subject, throwError, timer } from 'rxjs';

import {
  AsyncScope,
  CancelledError,
  cleanup,
  type DelayedResult,
  ScopeError,
  sleep,
  tamed,
} from '../../src/index.ts';
import { record, thrownBy, firstLineOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';

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

    it('cancels the others together, so that one that awaits a child of another is not told of that', async () => {
      const results: DelayedResult<unknown>[] = [];
      const failing = new Subject<never>();
      const starts = (source: () => ObservableInput<unknown>) =>
        AsyncScope.run(function* (scope) {
          results.push(scope.start(source()));
          yield* sleep(Infinity);
        });
      const call = tamed.all([starts(() => NEVER), starts(() => results[0]!), failing]);
      const told = call.catch((error: unknown) => error);

      failing.error('failed');

      expect(await told).toBe('failed');
      expect(results.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
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
        expect(firstLineOf(error)).toContain('all.spec.ts');
      });
    }

    it('complains at once of an item that is none', () => {
      const error = thrownBy(() => tamed.all([sleep(1), 5 as never]));

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain('5 (number)');
      expect(firstLineOf(error)).toContain('all.spec.ts');
    });

    it('says that a function has to be called', () => {
      expect(() => tamed.all([sleep as never])).toThrowError(TypeError, /"sleep".*Call it/);
    });
  });
});

/** An Observable that fails with 'reason' after so many milliseconds. */
function failingAfter(ms: number): Observable<never> {
  return concat(
    timer(ms).pipe(map(() => undefined as never)),
    throwError(() => 'reason'),
  );
}
