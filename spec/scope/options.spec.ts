import { AsyncScope, sleep } from '../../src/index.ts';
import { listenersOf } from '../support/runtime.ts';

describe('The options of a scope', () => {
  const wrong: [string, unknown, string][] = [
    ['exitMode', 'Wait', '"Wait" (string)'],
    ['exitMode', null, 'null'],
    ['errorMode', 'raise', '"raise" (string)'],
    ['errorMode', 1, '1 (number)'],
    ['concurrency', 0, '0 (number)'],
    ['concurrency', -1, '-1 (number)'],
    ['concurrency', 1.5, '1.5 (number)'],
    ['concurrency', NaN, 'NaN (number)'],
    ['concurrency', '2', '"2" (string)'],
    ['timeout', -1, '-1 (number)'],
    ['timeout', NaN, 'NaN (number)'],
    ['timeout', '100', '"100" (string)'],
    ['timeout', 2 ** 31, '2147483648 (number)'],
    ['cleanupTimeout', -1, '-1 (number)'],
    ['cleanupTimeout', null, 'null'],
    ['signal', new AbortController(), 'an object (AbortController)'],
    ['signal', null, 'null'],
    ['parent', {}, 'an object (Object)'],
    ['parent', null, 'null'],
    ['name', 5, '5 (number)'],
  ];

  for (const [option, value, quoted] of wrong) {
    it(`are refused with a TypeError that names the option and the value: ${option}, ${quoted}`, () => {
      const make = (): unknown => new AsyncScope({ [option]: value });

      expect(make).toThrowMatching(
        (error: unknown) =>
          error instanceof TypeError &&
          error.message.includes(`"${option}"`) &&
          error.message.includes(quoted),
      );
    });
  }

  it('are refused, if there is one that no scope has: it may be misspelt', () => {
    const make = (): unknown => new AsyncScope({ concurency: 4 } as never);

    expect(make).toThrowError(TypeError, /no option "concurency".* concurrency, timeout/);
  });

  it('are refused, if the parent is of another copy of the library, and say so', () => {
    const other = { constructor: { name: 'AsyncScope' } };

    expect(() => new AsyncScope({ parent: other as never })).toThrowError(
      TypeError,
      /"parent" .* another copy of async-tamer/,
    );
  });

  it('are refused, if they are null', () => {
    expect(() => new AsyncScope(null as never)).toThrowError(TypeError, /options.*null/);
  });

  it('are refused, if they are none', () => {
    expect(() => new AsyncScope('wait' as never)).toThrowError(TypeError, /options.*"wait" \(string\)/);
  });

  it('are refused at the line that gave them', () => {
    function makeWrongly(): AsyncScope {
      return new AsyncScope({ concurrency: 0 });
    }

    let stack: string | undefined;
    try {
      makeWrongly();
    } catch (error) {
      ({ stack } = error as Error);
    }

    expect(stack?.split('\n')[1]).toContain('makeWrongly');
  });

  it('leave no listener behind, if one of them is refused', () => {
    const { signal } = new AbortController();
    const listeners = listenersOf(signal);

    expect(() => new AsyncScope({ signal, concurrency: 0 })).toThrow();

    expect(listeners).toEqual(new Set());
  });

  it('are the defaults, where they are undefined', async () => {
    const scope = new AsyncScope({
      exitMode: undefined,
      errorMode: undefined,
      concurrency: undefined,
      timeout: undefined,
      cleanupTimeout: undefined,
      signal: undefined,
      parent: undefined,
      name: undefined,
    });
    const result = scope.start(sleep(1));

    await scope.close();

    expect(result.status).toBe('succeeded');
    expect(scope.name).toBe('');
  });

  it('take Infinity for no limit', async () => {
    const scope = new AsyncScope({ concurrency: Infinity, timeout: Infinity, cleanupTimeout: Infinity });
    const result = scope.start(sleep(1));

    await scope.close();

    expect(result.status).toBe('succeeded');
  });

  it('are refused with a TypeError if they are none, also where the object has no wrong property', () => {
    for (const [given, quoted] of [
      [null, 'null'],
      [[], 'an array'],
      [new Date(0), 'an object (Date)'],
      [Promise.resolve(), 'an object (Promise)'],
      [new AbortController().signal, 'an object (AbortSignal)'],
    ] as const) {
      const options = given as unknown as object;
      const scope = new AsyncScope();

      expect(() => new AsyncScope(options)).toThrowError(
        TypeError,
        `The options of a scope are an object, but got ${quoted}.`,
      );
      expect(() => scope.start(sleep(1), options)).toThrowError(
        TypeError,
        `AsyncScope.start() takes an object of options, but got ${quoted}.`,
      );
      expect(() => scope.shutdown(options)).toThrowError(TypeError, /takes an object of options, but got/);
      expect(() => sleep(0).block(options)).toThrowError(TypeError, /takes an object of options, but got/);
    }
  });

  it('may be an object of a class, or one without a prototype', () => {
    class Named {
      get name(): string {
        return 'of a class';
      }
    }
    const bare = Object.assign(Object.create(null) as object, { name: 'bare' });

    expect(new AsyncScope(new Named()).name).toBe('of a class');
    expect(new AsyncScope(bare).name).toBe('bare');
  });

  it('give it a name', () => {
    expect(new AsyncScope({ name: 'batch' }).name).toBe('batch');
  });
});
