import assert from 'node:assert';
import { inspect } from 'node:util';

import { AsyncScope, sleep, tamed, type DelayedResult, type TamedCall } from '../../src/index.ts';

const save = tamed(function* save(n: number) {
  yield* sleep(0);
  return n;
});

/** What `fn` throws. */
function thrownBy(fn: () => unknown): Error {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}

/** What the compiler does not see through: somebody forgot to wait, in JavaScript, or behind `any`. */
function taken(waitable: unknown): number {
  return waitable as number;
}

const conversions: Record<string, (value: number) => unknown> = {
  'a sum': (value) => value + 1,
  'a text': (value) => `saved ${value}`,
  'a comparison': (value) => value > 1,
  'String()': (value) => String(value),
  'a key': (value) => ({})[value as never],
};

describe('A call or result that is taken for its value', () => {
  for (const [what, convert] of Object.entries(conversions)) {
    it(`throws, as a call, in the place of ${what}`, () => {
      const error = thrownBy(() => convert(taken(save(1))));

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(
        /^The TamedCall save\(…\) is not its value.* the code has not waited for it\..*"await"/,
      );
    });

    it(`throws, as a result, in the place of ${what}`, async () => {
      const scope = new AsyncScope();
      const result = scope.start(save(1));
      await result;

      const error = thrownBy(() => convert(taken(result)));

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/^A DelayedResult is not its value/);
    });
  }

  it('throws at the line that did so', () => {
    const error = thrownBy(() => taken(save(1)) + 1);

    expect(error.stack?.split('\n')[1]).toContain('primitive.spec.ts');
  });

  it('is told to write "yield*" in a tamed generator', async () => {
    const wrong = tamed(function* () {
      return taken(save(1)) + 1;
    });

    const error = await wrong().then(undefined, (thrown: unknown) => thrown as Error);

    expect(String(error)).toContain('Write "yield*" before it.');
    expect(String(error)).not.toContain('await');
  });

  it('does not run for that', () => {
    let ran = false;
    const call = tamed(() => (ran = true))();

    thrownBy(() => taken(call) + 1);

    expect(ran).toBe(false);
  });
});

describe('A call or result that is looked at', () => {
  let call: TamedCall<number>;
  let result: DelayedResult<number>;

  beforeEach(() => {
    call = save(1);
    result = new AsyncScope().start(save(1));
  });

  it('prints itself, also inside others', () => {
    expect(inspect({ call })).toBe('{ call: TamedCall save(1) }');
    expect(inspect([result])).toBe('[ DelayedResult { <pending> } ]');
  });

  it('may stand in an object that becomes JSON', () => {
    expect(() => JSON.stringify({ call, results: [result] })).not.toThrow();
  });

  it('is compared by jasmine and by Node, and shown where they differ', () => {
    expect({ call, result }).toEqual({ call, result });
    expect({ call }).not.toEqual({ call: 1 } as never);
    assert.deepStrictEqual({ call, result }, { call, result });
    expect(() => assert.deepStrictEqual({ call }, { call: 1 })).toThrowError(assert.AssertionError);
  });
});
