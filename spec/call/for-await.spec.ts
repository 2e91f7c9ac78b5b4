import { concat, EMPTY, finalize, map, NEVER, of, Subject, throwError, timer } from 'rxjs';

import { AsyncScope, cleanup, type ScopeError, sleep, tamed } from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { onlyWhere } from '../support/runtime.ts';

const failure = new Error('Oh no!');

/** How the body of a loop ends it, and what its scope raises then. */
const ways: Record<string, { leave: () => void; errors: Error[] | undefined }> = {
  'is left': { leave: () => undefined, errors: undefined },
  'has thrown': {
    leave: () => {
      throw failure;
    },
    errors: [failure],
  },
};

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

  it('does not need the stack, however many loop over each other', async () => {
    await using scope = new AsyncScope();
    const count = tamed(async function* (left: number): AsyncGenerator<number> {
      if (left === 0) {
        yield 0;
      } else {
        for await (const below of count(left - 1)) {
          yield below + 1;
        }
      }
    });

    expect(await scope.start(count(1_000))).toBe(1_000);
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

  onlyWhere.contextIsCarried.it(
    'ends by a cancel that comes while the loop is busy, which is no failure',
    async () => {
      const log: string[] = [];
      const numbers = tamed(async function* () {
        try {
          for (let n = 1; ; n++) {
            yield n;
          }
        } finally {
          await sleep(5);
          log.push('cleaned up');
        }
      });
      const loop = tamed(async () => {
        try {
          for await (const n of numbers()) {
            log.push(`takes ${n}`);
            await sleep(50);
          }
        } finally {
          log.push('left');
        }
      });

      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        scope.start(loop());
        await sleep(60);
        scope.cancel();
        await scope.close();
      });

      expect(log).toEqual(['takes 1', 'takes 2', 'cleaned up', 'left']);
    },
  );

  onlyWhere.contextIsCarried.it(
    'has failed all the same, if it did so before a cancel that comes while the loop is busy',
    async () => {
      let raised: unknown;
      const loop = tamed(async () => {
        const source = timer(1).pipe(
          map(() => {
            throw failure;
          }),
        );
        for await (const ms of tamed.from(concat(of(50), source))) {
          await sleep(ms);
        }
      });

      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        scope.start(loop());
        await sleep(10);
        scope.cancel();
        raised = await scope.close().catch((error: unknown) => error);
      });

      expect((raised as ScopeError).errors).toEqual([failure]);
    },
  );

  for (const [how, { leave, errors }] of Object.entries(ways)) {
    onlyWhere.contextIsCarried.it(
      `is waited for with its loop, if a cancel comes while that ${how} and the call cleans up`,
      async () => {
        const log: string[] = [];
        let raised: unknown;
        const numbers = tamed(() => concat(of(1), NEVER).pipe(finalize(() => cleanup(sleep(50)))));
        const loop = tamed(async () => {
          try {
            for await (const _ of numbers()) {
              leave();
              break;
            }
            await sleep(1);
            log.push('goes on');
          } finally {
            await sleep(5);
            log.push('left');
          }
        });

        await runMarblesAsync(async () => {
          const scope = new AsyncScope();
          scope.events$.subscribe(({ type }) => log.push(type));
          scope.start(loop());
          await sleep(10);
          scope.cancel();
          raised = await scope.close().catch((error: unknown) => error);
        });

        expect(log).toEqual(['start', 'cancel', 'left', 'cleanup']);
        expect((raised as ScopeError | undefined)?.errors).toEqual(errors);
      },
    );
  }

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
