// What does a call inside a call inside a call … cost, a thousand deep? And a scope inside a scope?
export const question = {
  title: 'A call, or a scope, a thousand inside each other',
  unit: 'µs a level',
  kind: 'time',
  sizes: [100, 1_000],
  quickSizes: [1_000],
  chartSize: 1_000,
  base: 'async function, native',
  cases: {
    'coroutine, awaited': {
      own: true,
      async make() {
        const { tamed } = await import('../library.mjs');
        const nest = coroutine(tamed);
        return { run: async (depth) => check(await nest(depth), depth) };
      },
    },
    'coroutine, block()': {
      own: true,
      async make() {
        const { tamed } = await import('../library.mjs');
        const nest = coroutine(tamed);
        return { run: (depth) => check(nest(depth).block(), depth) };
      },
    },
    'async function': {
      own: true,
      async make() {
        const { tamed } = await import('../library.mjs');
        const nest = tamed(async (depth) => (depth === 0 ? 0 : 1 + (await nest(depth - 1))));
        return { run: async (depth) => check(await nest(depth), depth) };
      },
    },
    'AsyncScope.run': {
      own: true,
      async make() {
        const { AsyncScope } = await import('../library.mjs');
        const nest = (depth) =>
          AsyncScope.run(function* () {
            return depth === 0 ? 0 : 1 + (yield* nest(depth - 1));
          });
        return { run: async (depth) => check(await nest(depth), depth) };
      },
    },
    'AsyncScope.run, each a child': {
      own: true,
      most: 100,
      why: 'subscribes to a child at once, all of them on one stack',
      async make() {
        const { AsyncScope } = await import('../library.mjs');
        const nest = (depth) =>
          AsyncScope.run(function* (scope) {
            return depth === 0 ? 0 : 1 + (yield* scope.start(nest(depth - 1)));
          });
        return { run: async (depth) => check(await nest(depth), depth) };
      },
    },
    'async function, native': {
      make: async () => {
        const nest = async (depth) => (depth === 0 ? 0 : 1 + (await nest(depth - 1)));
        return { run: async (depth) => check(await nest(depth), depth) };
      },
    },
    'Effect.gen': {
      async make() {
        const { Effect } = await import('effect');
        const nest = (depth) =>
          Effect.gen(function* () {
            return depth === 0 ? 0 : 1 + (yield* nest(depth - 1));
          });
        return { run: async (depth) => check(await Effect.runPromise(nest(depth)), depth) };
      },
    },
    'Effect.scoped': {
      async make() {
        const { Effect } = await import('effect');
        const nest = (depth) =>
          Effect.scoped(
            Effect.gen(function* () {
              return depth === 0 ? 0 : 1 + (yield* nest(depth - 1));
            }),
          );
        return { run: async (depth) => check(await Effect.runPromise(nest(depth)), depth) };
      },
    },
    'Effect.scoped, each a fibre': {
      async make() {
        const { Effect, Fiber } = await import('effect');
        const nest = (depth) =>
          Effect.scoped(
            Effect.gen(function* () {
              return depth === 0 ? 0 : 1 + (yield* Fiber.join(yield* Effect.forkScoped(nest(depth - 1))));
            }),
          );
        return { run: async (depth) => check(await Effect.runPromise(nest(depth)), depth) };
      },
    },
    'Effection, yield*': {
      async make() {
        const { run } = await import('effection');
        function* nest(depth) {
          return depth === 0 ? 0 : 1 + (yield* nest(depth - 1));
        }
        return { run: async (depth) => check(await run(() => nest(depth)), depth) };
      },
    },
    'Effection spawn': {
      async make() {
        const { run, spawn } = await import('effection');
        function* nest(depth) {
          return depth === 0 ? 0 : 1 + (yield* yield* spawn(() => nest(depth - 1)));
        }
        return { run: async (depth) => check(await run(() => nest(depth)), depth) };
      },
    },
    'gensync, sync': {
      async make() {
        const { default: gensync } = await import('gensync');
        const nest = gensync(function* (depth) {
          return depth === 0 ? 0 : 1 + (yield* nest(depth - 1));
        });
        return { run: (depth) => check(nest.sync(depth), depth) };
      },
    },
  },
};

function coroutine(tamed) {
  const nest = tamed(function* (depth) {
    return depth === 0 ? 0 : 1 + (yield* nest(depth - 1));
  });
  return nest;
}

function check(value, depth) {
  if (value !== depth) {
    throw new Error(`It went ${value} deep.`);
  }
}
