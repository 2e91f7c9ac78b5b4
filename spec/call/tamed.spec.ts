import { Observable, of } from 'rxjs';

import { AsyncScope, sleep, tamed, TamedCall } from '../../src/index.ts';
import { record, thrownBy, firstLineOf } from '../support/outcome.ts';

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
      ['an object (Object)', {}],
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

describe('What a tamed function returns', () => {
  const throwing = (key: PropertyKey): object =>
    Object.defineProperty({}, key, {
      get() {
        throw new Error('Oh no!');
      },
    });

  for (const key of ['then', 'next', Symbol.asyncIterator, Symbol.toStringTag, 'getReader'] as const) {
    const returning = tamed(() => throwing(key));

    it(`fails its call if its ${String(key)} is a getter that throws`, async () => {
      await expectAsync(Promise.resolve(returning())).toBeRejectedWithError('Oh no!');
    });

    it(`fails its child if its ${String(key)} is a getter that throws, and lets the scope close`, async () => {
      const scope = new AsyncScope();

      const result = scope.start(returning());

      expect(result.status).toBe('failed');
      await expectAsync(Promise.resolve(scope.close())).toBeRejectedWithError(
        /^1 async function failed.*\n.*Oh no!/,
      );
    });
  }

  it('fails its call if it is a proxy that has been revoked', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const scope = new AsyncScope();

    const result = scope.start(tamed(() => proxy)());

    await expectAsync(Promise.resolve(result)).toBeRejectedWithError(TypeError);
    await scope.close();
    expect(scope.closed).toBeTrue();
  });
});
