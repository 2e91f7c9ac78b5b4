import {
  EMPTY,
  firstValueFrom,
  from,
  map,
  NEVER,
  type Observable,
  of,
  Subject,
  take,
  timer,
  toArray,
} from 'rxjs';

import {
  abortSignal,
  AsyncScope,
  CancelledError,
  concurrently,
  sleep,
  tamed,
  type ScopeError,
} from '../../src/index.ts';
import { runMarbles, runMarblesAsync } from '../../src/testing/index.ts';

const failure = new Error('Oh no!');

/** Takes as many ms as the value says, and gives that value. */
const wait = tamed(function* wait(ms: number) {
  yield* sleep(ms);
  return ms;
});

/** Cleans up for so many ms when it is cancelled, and then notes its value. */
const patient = tamed(function* patient(value: unknown, log: unknown[], ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
    log.push(value);
  }
});

/** What `values` yields, noting what is read, and when it is left. */
function* reading<T>(values: readonly T[], log: unknown[]): Generator<T, void> {
  try {
    for (const value of values) {
      log.push(`read ${String(value)}`);
      yield value;
    }
  } finally {
    log.push('left');
  }
}

/** The same, asynchronously; leaving takes 2 ms. */
async function* readingLate<T>(values: readonly T[], log: unknown[]): AsyncGenerator<T, void> {
  try {
    for (const value of values) {
      log.push(`read ${String(value)}`);
      yield value;
    }
  } finally {
    await sleep(2);
    log.push('left');
  }
}

function all<T>(source: Observable<T>): Promise<T[]> {
  return firstValueFrom(source.pipe(toArray()));
}

async function errorOf(result: PromiseLike<unknown>): Promise<unknown> {
  try {
    await result;
  } catch (error) {
    return error;
  }
  throw new Error('It was to fail.');
}

describe('concurrently()', () => {
  describe('emits', () => {
    it('what each call gives, in the order of the source', () => {
      runMarbles(({ expectObservable }) => {
        const call = concurrently([4, 1, 2], wait, { concurrency: 2 });
        const expected = '----(abc|)';

        expectObservable(call).toBe(expected, { a: 4, b: 1, c: 2 });
      });
    });

    it('results as they come, when they need not be ordered', () => {
      runMarbles(({ expectObservable }) => {
        const call = concurrently([4, 1, 2], wait, { concurrency: 2, ordered: false });
        const expected = '-b-c(a|)';

        expectObservable(call).toBe(expected, { a: 4, b: 1, c: 2 });
      });
    });

    it('the last value of each call, whatever its function returns', async () => {
      const give = (n: number): unknown => [n, Promise.resolve(n), of(0, n), wait(0)][n];

      const values = await all(concurrently([0, 1, 2, 3], give, { concurrency: 4 }));

      expect(values).toEqual([0, 1, 2, 0]);
    });

    it('results of generators and async functions', async () => {
      const results = concurrently(
        'ab',
        function* (letter: string, index: number) {
          yield* sleep(1);
          return letter + String(index);
        },
        { concurrency: Infinity },
      );
      const shouted = concurrently(results, async (text) => text.toUpperCase(), { concurrency: 1 });

      expect(await all(shouted)).toEqual(['A0', 'B1']);
    });

    it('nothing for an empty source', () => {
      runMarbles(({ expectObservable }) => {
        expectObservable(concurrently([], wait, { concurrency: 1 })).toBe('|');
        expectObservable(concurrently(EMPTY, wait, { concurrency: 1 })).toBe('|');
      });
    });

    it('again what it emitted, when it is subscribed again', async () => {
      const call = concurrently([1, 2], (n) => n, { concurrency: 1 });

      expect([await all(call), await all(call)]).toEqual([
        [1, 2],
        [1, 2],
      ]);
    });

    it('a hundred thousand results that need no time, without the stack', async () => {
      const numbers = Array.from({ length: 100_000 }, (_, index) => index);

      expect(await concurrently(numbers, (n) => n, { concurrency: 8 })).toBe(99_999);
      expect(await concurrently(from(numbers), (n) => n, { concurrency: 8 })).toBe(99_999);
    });
  });

  describe('reads its source', () => {
    it('only when there is room', async () => {
      await runMarblesAsync(async ({ flush }) => {
        const log: unknown[] = [];
        const note = tamed(function* (ms: number) {
          yield* sleep(ms);
          log.push(`done ${ms}`);
        });
        concurrently(reading([2, 1, 3], log), note, { concurrency: 2 }).subscribe();

        await flush();

        expect(log).toEqual(['read 2', 'read 1', 'done 1', 'read 3', 'done 2', 'left', 'done 3']);
      });
    });

    it('only when there is room, if it is asynchronous', async () => {
      await runMarblesAsync(async ({ flush }) => {
        const log: unknown[] = [];
        const note = tamed(function* (ms: number) {
          yield* sleep(ms);
          log.push(`done ${ms}`);
        });
        concurrently(readingLate([5, 1, 3], log), note, { concurrency: 2 }).subscribe();

        await flush();

        expect(log).toEqual(['read 5', 'read 1', 'done 1', 'read 3', 'done 3', 'done 5', 'left']);
      });
    });

    it('no faster than a loop takes the results', async () => {
      const log: unknown[] = [];

      for await (const n of concurrently(reading([1, 2, 3, 4], log), (n) => n, { concurrency: 2 })) {
        log.push(`took ${n}`);
      }

      expect(log).toEqual([
        ...['read 1', 'read 2', 'read 3', 'took 1', 'read 4', 'took 2'],
        ...['left', 'took 3', 'took 4'],
      ]);
    });

    it('no faster than a loop over a function that returns it', async () => {
      const log: unknown[] = [];
      const numbers = tamed(() =>
        concurrently(readingLate([1, 2, 3, 4, 5, 6], log), (n) => n, { concurrency: 2 }),
      );

      for await (const n of numbers()) {
        await new Promise((resolve) => setTimeout(resolve));
        if (n === 1) {
          log.push('took 1');
          break;
        }
      }

      expect(log).toEqual(['read 1', 'read 2', 'read 3', 'took 1', 'left']);
    });

    it('no faster than the stage after it', async () => {
      await runMarblesAsync(async ({ flush }) => {
        const log: unknown[] = [];
        const stage = concurrently(readingLate([1, 2, 3, 4, 5, 6], log), (n) => n, { concurrency: 2 });
        const subscription = concurrently(stage, () => NEVER, { concurrency: 1 }).subscribe();

        await flush();
        const read = [...log];
        subscription.unsubscribe();
        await flush();

        expect(read).toEqual(['read 1', 'read 2', 'read 3']);
      });
    });

    it('at once, and keeps what has no place, if it is an Observable', () => {
      runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('ab-c|   ').pipe(map((letter) => ({ a: 3, b: 2, c: 1 })[letter] ?? 0));
        const empty = cold<number>('--|');
        const expected = '   ---a-b(c|)';

        expectObservable(concurrently(source, wait, { concurrency: 1 })).toBe(expected, { a: 3, b: 2, c: 1 });
        expectObservable(concurrently(empty, wait, { concurrency: 1 })).toBe('--|');
        expectSubscriptions(empty.subscriptions).toBe('^-!');
      });
    });
  });

  describe('when a call fails', () => {
    it('throws that as it is, when the others and the source have cleaned up', async () => {
      const log: unknown[] = [];
      const call = concurrently(
        readingLate([1, 2, 3], log),
        (n) =>
          n === 2
            ? sleep(1).pipe(
                map(() => {
                  throw failure;
                }),
              )
            : patient(n, log, 5),
        { concurrency: 3 },
      );

      await runMarblesAsync(async () => {
        expect(await errorOf(call)).toBe(failure);
      });

      expect(log).toEqual(['read 1', 'read 2', 'read 3', 'left', 1, 3]);
    });

    it('leaves a synchronous source when the others have cleaned up', () => {
      runMarbles(({ expectObservable }) => {
        const log: unknown[] = [];
        const failing = sleep(1).pipe(
          map(() => {
            throw failure;
          }),
        );
        const call = concurrently(reading([1, 2, 3], log), (n) => (n === 1 ? patient(n, log, 2) : failing), {
          concurrency: 2,
        });

        expectObservable(call).toBe('---#', undefined, failure);
        timer(9).subscribe(() => expect(log).toEqual(['read 1', 'read 2', 1, 'left']));
      });
    });

    it('throws what the source throws, too, which needs no return()', async () => {
      const log: unknown[] = [];
      function* failing(): Generator<number, void> {
        yield 1;
        throw failure;
      }

      const error = await errorOf(concurrently(failing(), (n) => patient(n, log, 0), { concurrency: 2 }));

      expect([error, log]).toEqual([failure, [1]]);
    });

    it('throws what an Observable throws', () => {
      runMarbles(({ cold, expectObservable }) => {
        expectObservable(concurrently(cold('a-#'), () => NEVER, { concurrency: 2 })).toBe('--#');
      });
    });

    it('has an EmptyError for a call without a value', async () => {
      const error = await errorOf(concurrently([1], () => EMPTY, { concurrency: 1 }));

      expect(error).toEqual(jasmine.objectContaining({ name: 'EmptyError' }));
    });

    it('does not begin another one, though all fail at once', async () => {
      const fn = jasmine.createSpy().and.throwError(failure);

      const error = await errorOf(concurrently([1, 2, 3], fn, { concurrency: 2 }));

      expect([error, fn.calls.count()]).toEqual([failure, 1]);
    });

    it('raises what the source throws when it is left, in the scope', async () => {
      const late = new Error('Too late.');
      function* stubborn(): Generator<number, void> {
        try {
          yield 1;
        } finally {
          throw late;
        }
      }
      const scope = new AsyncScope();
      scope.start(concurrently(stubborn(), () => NEVER, { concurrency: 1 }));

      scope.cancel();
      const error = (await errorOf(scope.close())) as ScopeError;

      expect(error.errors).toEqual([late]);
    });
  });

  describe('when it is cancelled', () => {
    it('cancels the calls, and leaves the source, and its scope waits for both', async () => {
      await runMarblesAsync(async ({ scope, flush }) => {
        const log: unknown[] = [];
        const own = scope();
        own.start(concurrently(readingLate([1, 2, 3], log), (n) => patient(n, log, 3), { concurrency: 2 }));
        timer(1).subscribe(() => own.cancel());

        await flush();
        await own.close();

        expect(log).toEqual(['read 1', 'read 2', 'left', 1, 2]);
      });
    });

    it('interrupts the async function that waits, after that', async () => {
      await runMarblesAsync(async ({ scope, flush }) => {
        const log: unknown[] = [];
        const work = tamed(async () => {
          try {
            for await (const n of concurrently([1], (n) => patient(n, log, 3), { concurrency: 2 })) {
              log.push(n);
            }
          } catch (error) {
            log.push(error instanceof CancelledError);
          }
        });
        const own = scope();
        own.start(work());
        timer(1).subscribe(() => own.cancel());

        await flush();

        expect(log).toEqual([1, true]);
      });
    });

    it('leaves the source when an operator has had enough', async () => {
      const log: unknown[] = [];

      const values = await all(
        concurrently(reading([1, 2, 3], log), (n) => n, { concurrency: 1 }).pipe(take(1)),
      );

      expect([values, log]).toEqual([[1], ['read 1', 'left']]);
    });

    it('by its source, from inside of that, leaves it when that has returned', async () => {
      const log: unknown[] = [];
      const scope = new AsyncScope();
      function* selfish(): Generator<number, void> {
        try {
          yield 1;
          scope.cancel();
          yield 2;
        } finally {
          log.push('left');
        }
      }
      scope.start(concurrently(selfish(), (n) => log.push(n), { concurrency: 1 }));

      await scope.close();

      expect(log).toEqual([1, 'left']);
    });

    it('by a call, from inside of that, begins no other', async () => {
      const scope = new AsyncScope();
      const fn = jasmine.createSpy().and.callFake(() => scope.cancel());
      scope.start(concurrently([1, 2], fn, { concurrency: 2 }));

      await scope.close();

      expect(fn.calls.count()).toBe(1);
    });
  });

  it('gives each call, and the source, a signal of their own', async () => {
    const signals: AbortSignal[] = [];
    function* source(): Generator<number, void> {
      signals.push(abortSignal());
      yield 1;
    }

    await concurrently(source(), () => signals.push(abortSignal()), { concurrency: 1 });

    expect(new Set(signals).size).toBe(2);
  });

  it('leaves code that a call has left running to no call, though another call has its place', async () => {
    const found: unknown[] = [];
    const foreign = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const leave = async (): Promise<void> => {
      await foreign(2);
      try {
        found.push(abortSignal());
      } catch (error) {
        found.push((error as Error).message);
      }
    };

    await concurrently([1, 2], async (n) => (n === 1 ? void leave() : foreign(9)), { concurrency: 1 });

    expect(found).toEqual([jasmine.stringMatching(/abortSignal/)]);
  });

  it('hears a promise once, though that calls back twice while another call has its place', async () => {
    const talkative = Promise.resolve('one');
    const { then } = talkative;
    talkative.then = ((fulfilled: (value: string) => unknown) => {
      setTimeout(() => fulfilled('again'), 2);
      return Reflect.apply(then, talkative, [fulfilled]) as unknown;
    }) as never;

    const results = concurrently([talkative, sleep(9).pipe(map(() => 'two'))], (n) => n, { concurrency: 1 });

    expect(await all(results)).toEqual(['one', 'two']);
  });

  it('takes a value that comes while another one is emitted', () => {
    const source = new Subject<number>();
    const values: number[] = [];
    concurrently(source, (n) => n, { concurrency: 2 }).subscribe((n) => {
      values.push(n);
      if (n < 3) {
        source.next(n + 1);
      }
    });

    source.next(1);
    source.complete();

    expect(values).toEqual([1, 2, 3]);
  });

  it('runs one call after the other under block()', () => {
    const log: unknown[] = [];
    const leaf = tamed({
      sync: (n: number) => log.push(n),
      async: (n: number) => sleep(n).pipe(map(() => n)),
    });

    const last = concurrently(reading([3, 1, 2], log), leaf, { concurrency: 3 }).block();

    expect([last, log]).toEqual([6, ['read 3', 3, 'read 1', 1, 'read 2', 2, 'left']]);
  });

  describe('complains at once about', () => {
    const options = { concurrency: 1 };

    it('what is no source', () => {
      expect(() => concurrently(5 as never, wait, options)).toThrowError(TypeError, /an iterable.*got 5/);
      expect(() => concurrently(Promise.resolve([]) as never, wait, options)).toThrowError(TypeError);
    });

    it('what is no function', () => {
      expect(() => concurrently([], wait(1) as never, options)).toThrowError(TypeError, /takes a function/);
    });

    it('options that are missing or unknown', () => {
      expect(() => concurrently([], wait, undefined as never)).toThrowError(TypeError, /concurrency/);
      expect(() => concurrently([], wait, {} as never)).toThrowError(TypeError, /"concurrency".*undefined/);
      expect(() => concurrently([], wait, { ...options, order: true } as never)).toThrowError(
        TypeError,
        /no option "order"/,
      );
    });

    it('options that are wrong', () => {
      for (const concurrency of [0, -1, 1.5, NaN, '2' as never]) {
        expect(() => concurrently([], wait, { concurrency })).toThrowError(TypeError, /"concurrency"/);
      }
      expect(() => concurrently([], wait, { ...options, ordered: 1 as never })).toThrowError(
        TypeError,
        /"ordered"/,
      );
    });
  });
});
