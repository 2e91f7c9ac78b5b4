import { heapGrowth, kindsOfScopes } from './support/heap-of-scopes.ts';

describe('The heap stays as it is, after 30 000', () => {
  for (const [kind, title] of Object.entries(kindsOfScopes)) {
    it(title, async () => {
      const growth = await heapGrowth(kind, 30_000);

      // A set in which each of the 24 000 between the two measurements had one entry would take more.
      expect(growth).toBeLessThan(400_000);
    });
  }
});
