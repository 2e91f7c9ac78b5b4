import { heapGrowth, heapOfWaiting, kindsOfScopes } from './support/heap-of-scopes.ts';

describe('The heap stays as it is, after 30 000', () => {
  for (const [kind, title] of Object.entries(kindsOfScopes)) {
    it(title, async () => {
      const growth = await heapGrowth(kind, 30_000);

      // A set in which each of the 24 000 between the two measurements had one entry would take more.
      expect(growth).toBeLessThan(400_000);
    });
  }
});

describe('A child that waits for a promise holds, all in all, less than', () => {
  let bytes: Readonly<Record<string, number>>;

  beforeAll(async () => {
    bytes = await heapOfWaiting(10_000, 60_000);
  }, 61_000);

  it('1 030 bytes, if it is a coroutine', () => {
    expect(bytes['coroutine']).toBeLessThan(1_030);
  });

  it('1 600 bytes, if it is an Observable', () => {
    expect(bytes['Observable']).toBeLessThan(1_600);
  });
});
