import { run, typescript } from './support/child-process.ts';

/** How much more a child costs among 100 000 than among 10 000, for each kind; the least of several turns. */
interface Slopes {
  readonly coroutine: number;
  readonly asyncFunction: number;
  readonly observable: number;
  readonly cancelled: number;
}

describe('The cost of a child', () => {
  let slopes: Slopes;

  beforeAll(async () => {
    const { stdout, stderr } = await run(typescript('spec/support/slopes.ts'), { timeoutMs: 110_000 });
    expect(stderr).toBe('');
    slopes = JSON.parse(stdout) as Slopes;
  }, 120_000);

  for (const kind of ['coroutine', 'asyncFunction', 'observable', 'cancelled'] as const) {
    it(`among 100 000 is at most twice that among 10 000: ${kind}`, () => {
      expect(slopes[kind]).toBeLessThan(2);
    });
  }
});
