// Does it matter to a scope how many others are open? All of them are opened, and then all of them closed.
export const question = {
  title: 'A scope opened, and closed while so many others are open',
  unit: 'µs a scope',
  kind: 'time',
  sizes: [1_000, 10_000, 100_000],
  quickSizes: [10_000],
  chartSize: 100_000,
  base: 'Effect Scope.make',
  cases: {
    AsyncScope: own((AsyncScope) => () => new AsyncScope()),
    'AsyncScope, nested in one': own((AsyncScope) => {
      const parent = new AsyncScope();
      return () => new AsyncScope({ parent });
    }),
    'AsyncScope, each nested in the one before': own((AsyncScope) => {
      let parent;
      return () => (parent = new AsyncScope({ parent }));
    }),
    'Effect Scope.make': {
      async make() {
        const { Effect, Exit, Scope } = await import('effect');
        const close = (scope) => Effect.runPromise(Scope.close(scope, Exit.void));
        return { run: (count) => all(count, () => Scope.makeUnsafe(), close) };
      },
    },
    'Effect Scope.fork, each of the one before': {
      async make() {
        const { Effect, Exit, Scope } = await import('effect');
        const close = (scope) => Effect.runPromise(Scope.close(scope, Exit.void));
        return {
          run(count) {
            let scope = Scope.makeUnsafe();
            return all(count, () => (scope = Scope.forkUnsafe(scope)), close);
          },
        };
      },
    },
    'Effection createScope': {
      most: 10_000,
      why: 'takes long enough for a scope',
      async make() {
        const { createScope } = await import('effection');
        return {
          run: (count) =>
            all(
              count,
              () => createScope(),
              ([, destroy]) => destroy(),
            ),
        };
      },
    },
    'asyncio.TaskGroup': { python: 'open-scopes' },
  },
};

/** Opens all of them, and closes them, the last one first. Whatever is closed is not held any longer. */
async function all(count, open, close) {
  const scopes = Array.from({ length: count }, open);
  while (scopes.length > 0) {
    await close(scopes.pop());
  }
}

/** A case of this library: `opening` gives what opens one scope after the other. */
function own(opening) {
  return {
    own: true,
    async make() {
      const { AsyncScope } = await import('../library.mjs');
      return { run: (count) => all(count, opening(AsyncScope), (scope) => scope.close()) };
    },
  };
}
