import { of } from 'rxjs';

import { AsyncScope, sleep, tamed } from '../../src/index.ts';

const save = tamed(function* save(n: number) {
  yield* sleep(n);
  return n;
});

/**
 * What `toEqual` of Jest and of Vitest does with whatever can be iterated, before it asks whether both are the same: it compares the
 * elements. They call it so, too.
 */
function iterableEquality(a: object, b: object): boolean {
  const others = (b as Iterable<unknown>)[Symbol.iterator]();
  for (const value of a as Iterable<unknown>) {
    const other = others.next();
    if (other.done === true || !equal(value, other.value)) {
      return false;
    }
  }
  return others.next().done === true;
}

/** By their fields, where they are objects. */
function equal(a: unknown, b: unknown): boolean {
  return typeof a === 'object' ? typeof b === 'object' : a === b;
}

describe('A call or a result, compared by a framework for tests', () => {
  for (const [what, make] of [
    ['a call', () => save(1)],
    ['a result', () => new AsyncScope().start(of(1))],
  ] as const) {
    it(`is equal to itself, and to no other: ${what}`, () => {
      const one = make();
      const other = make();

      expect(iterableEquality(one, one)).toBeTrue();
      expect(iterableEquality(one, other)).toBeFalse();
    });
  }

  it('is equal to itself, and to no other, in a generator given to tamed(), too', async () => {
    const one = save(1);
    const other = save(1);
    const compare = tamed(function* () {
      return [iterableEquality(one, one), iterableEquality(one, other), yield* one];
    });

    expect(await compare()).toEqual([true, false, 1]);
  });

  it('does not run by that', () => {
    let runs = 0;
    const call = tamed(() => runs++)();

    iterableEquality(call, call);

    expect(runs).toBe(0);
  });
});
