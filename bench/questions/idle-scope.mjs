// How many bytes does an open scope hold on to in which nothing runs?
export const question = {
  title: 'An open scope in which nothing runs',
  unit: 'bytes a scope',
  kind: 'heap',
  sizes: [10_000],
  chartSize: 10_000,
  base: 'Effect Scope.make',
  cases: {
    AsyncScope: own((AsyncScope) => new AsyncScope()),
    'AsyncScope, its child has ended': own((AsyncScope) => {
      const scope = new AsyncScope();
      scope.start([1]);
      return scope;
    }),
    'AsyncScope, nested in one': {
      own: true,
      async make() {
        const { AsyncScope } = await import('../library.mjs');
        const parent = new AsyncScope();
        return many(() => new AsyncScope({ parent }));
      },
    },
    'Effect Scope.make': {
      async make() {
        const { Scope } = await import('effect');
        return many(() => Scope.makeUnsafe());
      },
    },
    'Effection createScope': {
      async make() {
        const { createScope } = await import('effection');
        return many(() => createScope());
      },
    },
    AbortController: { make: async () => many(() => new AbortController()) },
    'asyncio.TaskGroup': { python: 'idle-scope' },
  },
};

function many(open) {
  return { run: async (count) => Array.from({ length: count }, open) };
}

function own(open) {
  return {
    own: true,
    async make() {
      const { AsyncScope } = await import('../library.mjs');
      return many(() => open(AsyncScope));
    },
  };
}
