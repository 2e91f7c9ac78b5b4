// What does a scope cost with three children, each of which waits for a promise, when it has closed?
export const question = {
  title: 'A scope with three children that wait for a promise, until it has closed',
  unit: 'µs a scope',
  kind: 'time',
  sizes: [10_000],
  chartSize: 10_000,
  base: 'Promise.all',
  cases: {
    'AsyncScope, coroutines': own(({ tamed }) =>
      tamed(function* () {
        yield* tamed.from(Promise.resolve());
      }),
    ),
    'AsyncScope, async functions': own(({ tamed }) => tamed(job)),
    'AsyncScope, promises': own(() => () => Promise.resolve()),
    'AsyncScope.run, coroutines': {
      own: true,
      async make() {
        const { AsyncScope, tamed } = await import('../library.mjs');
        const child = tamed(function* () {
          yield* tamed.from(Promise.resolve());
        });
        const open = () =>
          AsyncScope.run((scope) => {
            start(scope, child);
          });
        return { run: (count) => awaiting(count, open) };
      },
    },

    'Promise.all': {
      make: async () => ({ run: (count) => awaiting(count, () => Promise.all([job(), job(), job()])) }),
    },
    'Effect.scoped': {
      async make() {
        const effect = await import('effect');
        const scope = ofFibres(effect);
        return { run: (count) => awaiting(count, () => effect.Effect.runPromise(scope)) };
      },
    },
    'Effect.scoped, all in one fibre': {
      async make() {
        const effect = await import('effect');
        const { Effect } = effect;
        const scope = ofFibres(effect);
        const program = (count) =>
          Effect.gen(function* () {
            for (let index = 0; index < count; index++) {
              yield* scope;
            }
          });
        return { run: (count) => Effect.runPromise(program(count)) };
      },
    },
    'Effection scoped': {
      async make() {
        const { run, scoped, spawn, until } = await import('effection');
        function* child() {
          yield* until(Promise.resolve());
        }
        function* scope() {
          const tasks = [yield* spawn(child), yield* spawn(child), yield* spawn(child)];
          for (const task of tasks) {
            yield* task;
          }
        }
        return { run: (count) => awaiting(count, () => run(() => scoped(scope))) };
      },
    },
    'asyncio.TaskGroup': { python: 'scope-of-three' },
  },
};

/** The same job for everyone who takes an async function. */
async function job() {
  await Promise.resolve();
}

async function awaiting(count, open) {
  for (let index = 0; index < count; index++) {
    await open();
  }
}

/** A scope of fibres, which are all waited for: closing it would interrupt them. */
function ofFibres({ Effect, Fiber }) {
  const child = Effect.promise(() => Promise.resolve());
  return Effect.scoped(
    Effect.gen(function* () {
      const fibers = [
        yield* Effect.forkScoped(child),
        yield* Effect.forkScoped(child),
        yield* Effect.forkScoped(child),
      ];
      for (const fiber of fibers) {
        yield* Fiber.join(fiber);
      }
    }),
  );
}

function start(scope, child) {
  scope.start(child());
  scope.start(child());
  scope.start(child());
}

/** A case of this library: three children, and the close that waits for them. */
function own(childOf) {
  return {
    own: true,
    async make() {
      const library = await import('../library.mjs');
      const child = childOf(library);
      const open = () => {
        const scope = new library.AsyncScope();
        start(scope, child);
        return scope.close();
      };
      return { run: (count) => awaiting(count, open) };
    },
  };
}
