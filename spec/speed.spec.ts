import { kinds, measureSlopes } from './support/measure-slopes.ts';

describe('The cost of a child', () => {
  let slopes: Readonly<Record<string, number>>;

  beforeAll(async () => {
    slopes = await measureSlopes(500, 5_000, 290_000);
  }, 300_000);

  it('is measured for every kind', () => {
    expect(Object.keys(slopes)).toEqual([...kinds]);
  });

  // Ten times would be a cost that grows with their number. That of less is seen among more: see speed.slow.spec.ts.
  for (const kind of kinds) {
    it(`among 5 000 is at most five times that among 500: ${kind}`, () => {
      expect(slopes[kind]).toBeLessThan(5);
    });
  }
});
