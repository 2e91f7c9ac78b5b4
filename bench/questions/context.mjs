// What part has AsyncLocalStorage, which carries the current call over an await, in what a child costs?
const job = async (index) => {
  await Promise.resolve();
  return index;
};

export const question = {
  title: 'An async function as a child: the part of AsyncLocalStorage',
  unit: 'µs a child',
  kind: 'time',
  sizes: [10_000],
  chartSize: 10_000,
  base: 'native async function',
  cases: {
    'async function': { own: true, make: child },
    'async function, without AsyncLocalStorage': {
      own: true,
      make() {
        hideAsyncHooks();
        return child();
      },
    },
    'native async function': { make: async () => native((index) => job(index)) },
    'native async function, in a context of its own': {
      async make() {
        const { AsyncLocalStorage } = await import('node:async_hooks');
        const storage = new AsyncLocalStorage();
        return native((index) => storage.run({ index }, job, index));
      },
    },
  },
};

function native(start) {
  return { run: (count) => Promise.all(Array.from({ length: count }, (_, index) => start(index))) };
}

/** The library finds them as a browser would: not at all. */
function hideAsyncHooks() {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = (id) => (id === 'node:async_hooks' ? undefined : getBuiltinModule(id));
}

async function child() {
  const { AsyncScope, tamed } = await import('../library.mjs');
  const call = tamed(job);
  return {
    async run(count) {
      const scope = new AsyncScope();
      for (let index = 0; index < count; index++) {
        scope.start(call(index));
      }
      await scope.close();
    },
  };
}
