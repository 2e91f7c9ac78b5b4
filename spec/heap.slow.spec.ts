import { heapGrowth, kindsOfScopes } from './support/heap-of-scopes.ts';

describe('The heap stays as it is, after a million', () => {
  for (const [kind, title] of Object.entries(kindsOfScopes)) {
    it(
      title,
      async () => {
        const growth = await heapGrowth(kind, 1_000_000, 590_000);

        expect(growth).toBeLessThan(1_000_000); // Not a byte and a half for each.
      },
      600_000,
    );
  }
});
