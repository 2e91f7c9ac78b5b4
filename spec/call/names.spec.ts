import { expectTypeOf } from 'expect-type';
import { of } from 'rxjs';

import { AsyncScope, sleep, tamed, type TamedCall } from '../../src/index.ts';

/** What `fn` throws. */
function thrownBy(fn: () => unknown): Error {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}

describe('A name given to tamed()', () => {
  for (const [shape, fn] of [
    ['an arrow', () => 1],
    ['an async arrow', async () => 1],
    [
      'a generator',
      function* () {
        return yield* tamed(() => 1)();
      },
    ],
    [
      'a function that has a name',
      function other() {
        return of(1);
      },
    ],
  ] as const) {
    it(`is that of the tamed function and of its calls: ${shape}`, async () => {
      const save = tamed('save', fn as () => Promise<number>);

      expect([save.name, save().name, await save()]).toEqual(['save', 'save', 1]);
    });
  }

  it('is that of a leaf', async () => {
    const read = tamed('read', {
      sync: (path: string) => `${path} now`,
      async: async (path: string) => `${path} later`,
    });

    expect([read.name, read.length]).toEqual(['read', 1]);
    expect([read('a').block(), await read('b')]).toEqual(['a now', 'b later']);
  });

  it('stands in events and messages', async () => {
    const scope = new AsyncScope();
    const save = tamed('save', async () => {
      throw new Error('Oh no!');
    });
    scope.start(save());

    const error = await scope.close().then(undefined, (raised: unknown) => raised as Error);

    expect(error?.message).toContain('save (#1): Error: Oh no!');
  });

  it('may be empty', () => {
    expect(tamed('', function named() {}).name).toBe('');
  });

  it('leaves "this", the arguments and the types as they are', async () => {
    const scale = tamed('scale', function* (this: { by: number }, n: number) {
      yield* sleep(0);
      return `${n * this.by}`;
    });
    const first = tamed('first', <T>(...items: T[]) => items[0] as T);

    expectTypeOf(scale).toEqualTypeOf<(this: { by: number }, n: number) => TamedCall<string>>();
    expectTypeOf(first(1, 2)).toEqualTypeOf<TamedCall<number>>();
    expect(scale.length).toBe(1);
    expect(await scale.call({ by: 2 }, 3)).toBe('6');
  });

  for (const [described, value] of [
    ['5 (number)', 5],
    ['"fn" (string)', 'fn'],
    ['null', null],
    ['the function "AsyncScope"', AsyncScope],
  ] as const) {
    it(`needs a function beside it: ${described}`, () => {
      const error = thrownBy(() => tamed('save', value as never));

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toBe(`tamed() takes a function, or { sync, async }, but got ${described}.`);
      expect(error.stack?.split('\n')[1]).toContain('names.spec.ts');
    });
  }
});

describe('A leaf', () => {
  it('without "async" is told that this is missing', () => {
    const error = thrownBy(() => tamed({ sync: () => 1 } as never));

    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain('got an object without "async"');
    expect(error.stack?.split('\n')[1]).toContain('names.spec.ts');
  });

  it('without "sync" is told that this is missing, and needs none of both', () => {
    expect(() => tamed({ async: async () => 1 } as never)).toThrowError(
      TypeError,
      /got an object without "sync"\. Give it "async" alone: tamed\(fn\)\.$/,
    );
  });

  it('with a half that is no function is told which', () => {
    expect(() => tamed('read', { sync: () => 1, async: 5 } as never)).toThrowError(/without "async"/);
  });
});
