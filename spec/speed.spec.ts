import { run, typescript } from './support/child-process.ts';

const kinds = [
  'a coroutine',
  'an async function',
  'an Observable',
  'a cancelled coroutine',
  'a cancelled async function',
  'a cancelled Observable',
  'a queued one',
  'a queued one that is cancelled',
  'a watched one',
  'one of those that come and go',
  'a nested scope',
  'a run inside another',
];

describe('The cost of a child', () => {
  let slopes: Readonly<Record<string, number>>;

  beforeAll(async () => {
    // What fits into V8's nursery dies there for nothing: ten thousand children do, a hundred thousand do not, and Promise.all
    // grows by the same measure up to six times. So the nursery is too small for either.
    const args = ['--max-semi-space-size=1', ...typescript('spec/support/slopes.ts')];
    const { stdout, stderr } = await run(args, { timeoutMs: 290_000 });
    expect(stderr).toBe('');
    slopes = JSON.parse(stdout) as Record<string, number>;
  }, 300_000);

  it('is measured for every kind', () => {
    expect(Object.keys(slopes)).toEqual(kinds);
  });

  // Ten times would be a cost that grows with their number; what is left is noise of a machine that others use, too.
  for (const kind of kinds) {
    it(`among 50 000 is at most five times that among 5 000: ${kind}`, () => {
      expect(slopes[kind]).toBeLessThan(5);
    });
  }
});
