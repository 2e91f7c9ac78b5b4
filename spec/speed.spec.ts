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
    // What fits into V8's nursery dies there for nothing: ten thousand children do, a hundred thousand do not, and Promise.all
    // grows by the same measure up to six times. So the nursery is too small for either.
    const args = ['--max-semi-space-size=1', ...typescript('spec/support/slopes.ts')];
    const { stdout, stderr } = await run(args, { timeoutMs: 110_000 });
    expect(stderr).toBe('');
    slopes = JSON.parse(stdout) as Slopes;
  }, 120_000);

  for (const kind of ['coroutine', 'asyncFunction', 'observable', 'cancelled'] as const) {
    it(`among 100 000 is at most twice that among 10 000: ${kind}`, () => {
      expect(slopes[kind]).toBeLessThan(2);
    });
  }
});
