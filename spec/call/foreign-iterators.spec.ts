import { AsyncScope, concurrently, sleep, tamed } from '../../src/index.ts';
import { errorOf } from '../support/outcome.ts';

type Answer = IteratorResult<number>;

/** Numbers from 0, and what comes after some of them in the place of an answer. */
function counting(last: (count: number) => unknown): () => Answer {
  let count = 0;
  return () => {
    const value = count++;
    return (value < 3 ? { value, done: false } : last(value)) as Answer;
  };
}

const iterable = (next: () => Answer): Iterable<number> => ({ [Symbol.iterator]: () => ({ next }) });

const asyncIterable = (next: () => Answer): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve().then(next) }),
});

/** A generator as a compiler or a user may make it: an object with its methods. */
const generator = (next: () => Answer): Generator<never, number> =>
  ({
    next,
    throw: next,
    return: next,
    [Symbol.iterator]() {
      return this;
    },
  }) as never;

/** All that asks an iterator of others for its answers. */
const readers: Record<string, (next: () => Answer) => PromiseLike<unknown>> = {
  'tamed.from() of an async iterable': (next) => tamed.from(asyncIterable(next)),
  'a function that returns an async iterable': (next) => tamed(() => asyncIterable(next))(),
  'concurrently() over an iterable': (next) => concurrently(iterable(next), (n) => n, { concurrency: 1 }),
  'concurrently() over an async iterable': (next) =>
    concurrently(asyncIterable(next), (n) => n, { concurrency: 1 }),
};

const wrong: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  'a number': () => 5,
};

for (const [who, read] of Object.entries(readers)) {
  describe(`For ${who}, an iterator`, () => {
    it('has ended with whatever is true in "done", as for the language', async () => {
      expect(await read(counting(() => ({ value: 'the end', done: 1 })))).toBe(2);
    });

    it('goes on with whatever is not true in "done"', async () => {
      expect(await read(counting((n) => (n < 5 ? { value: n, done: '' } : { value: n, done: true })))).toBe(
        4,
      );
    });

    for (const [what, last] of Object.entries(wrong)) {
      it(`that gives ${what} in the place of an answer fails with a TypeError, and lets the scope close`, async () => {
        const scope = new AsyncScope();
        const result = scope.start(tamed(() => read(counting(last)))());

        const error = await errorOf(result);

        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toContain('An iterator gives objects that have "done" and "value"');
        await scope.close();
      });
    }

    for (const key of ['done', 'value']) {
      it(`whose "${key}" throws fails with that, and lets the scope close`, async () => {
        const failure = new Error('Oh no!');
        const answer = Object.defineProperty({ value: 0, done: false }, key, {
          get: () => {
            throw failure;
          },
        });
        const scope = new AsyncScope();
        const result = scope.start(tamed(() => read(counting(() => answer)))());

        expect(await errorOf(result)).toBe(failure);
        await scope.close();
      });
    }
  });
}

describe('A generator that is made by hand', () => {
  it('has ended with whatever is true in "done"', async () => {
    expect(await tamed(() => generator(() => ({ value: 7, done: 1 as never })))()).toBe(7);
  });

  for (const [what, last] of Object.entries(wrong)) {
    it(`fails with a TypeError if it gives ${what} in the place of an answer`, async () => {
      const scope = new AsyncScope();
      const result = scope.start(tamed(() => generator(last as () => Answer))());

      expect(await errorOf(result)).toBeInstanceOf(TypeError);
      await scope.close();
    });

    it(`tells it if it gives ${what} when it is cancelled, and lets the scope close`, async () => {
      const scope = new AsyncScope();
      const inner = (function* () {
        yield* sleep(10_000);
      })();
      let begun = false;
      const next = (): unknown => {
        if (begun) {
          return last();
        }
        begun = true;
        return inner.next();
      };
      scope.start(tamed(() => generator(next as () => Answer))());
      await Promise.resolve();

      scope.cancel();

      expect(await errorOf(scope.close())).toBeInstanceOf(AggregateError);
    });
  }
});
