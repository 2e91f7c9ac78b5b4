import { EMPTY, NEVER, of, throwError, timer } from 'rxjs';

import { allSettled, AsyncScope, CancelledError, sleep, tamed } from '../../src/index.ts';
import { runMarbles, runMarblesAsync } from '../../src/testing/index.ts';

const failure = new Error('Oh no!');

/** Cleans up for so many ms when it is cancelled, and then notes it. */
const patient = tamed(function* patient(log: unknown[], ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
    log.push('cleaned up');
  }
});

const fulfilled = <T>(value: T): PromiseFulfilledResult<T> => ({ status: 'fulfilled', value });
const rejected = (reason: unknown): PromiseRejectedResult => ({ status: 'rejected', reason });

describe('allSettled()', () => {
  it('emits the outcome of each, in their order, when the last has ended', () => {
    runMarbles(({ cold, expectObservable }) => {
      const slow = cold('--a--b|');
      const fast = cold('-#', undefined, failure);
      const expected = ' ------(x|)';

      expectObservable(allSettled([slow, fast])).toBe(expected, { x: [fulfilled('b'), rejected(failure)] });
    });
  });

  it('unsubscribes from all when it is unsubscribed', () => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const slow = cold('--a--b|');
      const failing = cold('-#');

      expectObservable(allSettled([slow, failing]), '^--!').toBe('----');
      expectSubscriptions(slow.subscriptions).toBe('     ^--!');
      expectSubscriptions(failing.subscriptions).toBe('  ^!');
    });
  });

  it('emits an empty array when it is given none', async () => {
    expect(await allSettled([])).toEqual([]);
  });

  it('has an EmptyError for what ends without a value', async () => {
    const [outcome] = await allSettled([EMPTY]);

    expect(outcome).toEqual(rejected(jasmine.objectContaining({ name: 'EmptyError' })));
  });

  it('runs nothing before it is subscribed, and then each time', async () => {
    const fn = jasmine.createSpy().and.returnValue(1);
    const call = allSettled([tamed(fn)()]);

    const before = fn.calls.count();
    await call;
    await call;

    expect([before, fn.calls.count()]).toEqual([0, 2]);
  });

  it('can be waited for in a generator, and on the spot', async () => {
    const failing = tamed(() => {
      throw failure;
    });
    const gather = tamed(function* () {
      return yield* allSettled([tamed(() => 1)(), failing()]);
    });

    expect(await gather()).toEqual([fulfilled(1), rejected(failure)]);
    expect(gather().block()).toEqual([fulfilled(1), rejected(failure)]);
  });

  it('can be subscribed again from inside itself', async () => {
    const call = allSettled([tamed(() => allSettled([of(1), throwError(() => failure)]))()]);

    expect(await call).toEqual([fulfilled([fulfilled(1), rejected(failure)])]);
  });

  it('interrupts the async function that waits when that is cancelled, after the calls have cleaned up', async () => {
    await runMarblesAsync(async ({ scope, flush }) => {
      const log: unknown[] = [];
      const gather = tamed(async () => {
        try {
          log.push(await allSettled([patient(log, 3), NEVER]));
        } catch (error) {
          log.push(error instanceof CancelledError);
        }
      });
      const own = scope();
      own.start(gather());
      timer(1).subscribe(() => own.cancel());

      await flush();

      expect(log).toEqual(['cleaned up', true]);
    });
  });

  it('interrupts the generator that waits, which does not see an outcome', async () => {
    await runMarblesAsync(async ({ scope, flush }) => {
      const log: unknown[] = [];
      const gather = tamed(function* () {
        try {
          log.push(yield* allSettled([patient(log, 3)]));
        } finally {
          log.push('left');
        }
      });
      const own = scope();
      own.start(gather());

      own.cancel();
      await flush();

      expect(log).toEqual(['cleaned up', 'left']);
    });
  });

  it('counts the cancel of a result of another scope as an outcome', async () => {
    const other = new AsyncScope();
    const result = other.start(sleep(1000));
    other.cancel('enough');

    const [outcome] = await allSettled([result]);

    expect(outcome).toEqual(rejected(jasmine.any(CancelledError)));
    await other.close();
  });

  it('complains at once about what is no array of sources', () => {
    expect(() => allSettled(new Set() as never)).toThrowError(TypeError, /allSettled\(\) takes an array/);
    expect(() => allSettled([sleep] as never)).toThrowError(TypeError, /allSettled\(\).*"sleep".*Call it/);
  });
});
