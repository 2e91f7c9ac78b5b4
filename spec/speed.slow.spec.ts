import { kinds, measureSlopes } from './support/measure-slopes.ts';

describe('The cost of a child, among many more', () => {
  let slopes: Readonly<Record<string, number>>;

  beforeAll(async () => {
    slopes = await measureSlopes(5_000, 50_000, 890_000);
  }, 900_000);

  // What grows a little with each is seen here alone. The rest is noise: of the cache, and of the collector.
  for (const kind of kinds) {
    it(`is at most five times that among 5 000, among 50 000: ${kind}`, () => {
      expect(slopes[kind]).toBeLessThan(5);
    });
  }
});
