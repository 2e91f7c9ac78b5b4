import { NEVER, of } from 'rxjs';

import { AsyncScope, CancelledError, sleep, tamed, TamedCall } from '../../src/index.ts';
import { macrotasks } from '../support/macrotasks.ts';
import { record, thrownBy, firstLineOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';

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
    await macrotasks();

    expect(told).toEqual([]);
  });

  it('does not make the later failure of a promise an unhandled one when it is cancelled', async () => {
    await jasmine.spyOnGlobalErrorsAsync(async (globalErrors) => {
      tamed
        .from(Promise.reject(new Error('Oh no!')))
        .subscribe()
        .unsubscribe();
      await macrotasks();

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
      expect(firstLineOf(error)).toContain('from.spec.ts');
    });
  }

  it('says that a function has to be called', () => {
    expect(() => tamed.from(sleep as never)).toThrowError(TypeError, /"sleep".*Call it/);
  });
});
