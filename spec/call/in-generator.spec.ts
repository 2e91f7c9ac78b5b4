import { EMPTY, EmptyError, of } from 'rxjs';

import { AsyncScope, sleep, tamed } from '../../src/index.ts';
import { record, thrownBy, firstLineOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';

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

      expect(told.error.stack).toContain('in-generator.spec.ts');
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

    expect(firstLineOf(error)).toContain('in-generator.spec.ts');
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
