// What does a child cost that waits for one resolved promise: started with all the others, waited for, closed?
const range = (count) => Array.from({ length: count }, (_, index) => index);

/** The same job for everyone who takes an async function. */
const job = async (index) => {
  await Promise.resolve();
  return index;
};

export const question = {
  title: 'A child that waits for one resolved promise: started, and its scope closed',
  unit: 'µs a child',
  kind: 'time',
  sizes: [1_000, 10_000, 100_000, 1_000_000],
  quickSizes: [10_000],
  chartSize: 10_000,
  base: 'p-map',
  cases: {
    coroutine: own(({ tamed }) =>
      tamed(function* (index) {
        yield* tamed.from(Promise.resolve());
        return index;
      }),
    ),
    'coroutine, a leaf': own(({ tamed }) => {
      const leaf = tamed({ sync: () => undefined, async: () => Promise.resolve() });
      return tamed(function* (index) {
        yield* leaf();
        return index;
      });
    }),
    'async function': own(({ tamed }) => tamed(job)),
    Observable: own(
      (_, { from, map }) =>
        (index) =>
          from(Promise.resolve()).pipe(map(() => index)),
    ),

    'Promise.all': {
      make: async () => ({
        run(count) {
          const { signal } = new AbortController();
          const checking = async (index) => {
            await Promise.resolve();
            signal.throwIfAborted();
            return index;
          };
          return Promise.all(range(count).map(checking));
        },
      }),
    },
    'Promise.all, each listens to a signal': {
      most: 1_000,
      why: 'asks its signal to look through all listeners for each new one',
      make: async () => ({
        run(count) {
          const { signal } = new AbortController();
          return Promise.all(range(count).map((index) => abortable(job(index), signal)));
        },
      }),
    },
    'p-map': {
      async make() {
        const { default: pMap } = await import('p-map');
        return { run: (count) => pMap(range(count), job) };
      },
    },
    'RxJS mergeMap': {
      most: 100_000,
      why: 'grows with the square of their number',
      async make() {
        const { from, lastValueFrom, map, mergeMap } = await import('rxjs');
        const child = (index) => from(Promise.resolve()).pipe(map(() => index));
        return { run: (count) => lastValueFrom(from(range(count)).pipe(mergeMap(child))) };
      },
    },
    'RxJS forkJoin': {
      most: 100_000,
      why: 'grows with the square of their number',
      async make() {
        const { forkJoin, from, lastValueFrom, map } = await import('rxjs');
        const child = (index) => from(Promise.resolve()).pipe(map(() => index));
        return { run: (count) => lastValueFrom(forkJoin(range(count).map(child))) };
      },
    },
    'Effect fibre': {
      async make() {
        const { Effect, Fiber } = await import('effect');
        const child = (index) =>
          Effect.gen(function* () {
            yield* Effect.promise(() => Promise.resolve());
            return index;
          });
        const program = (count) =>
          Effect.gen(function* () {
            const fibers = [];
            for (let index = 0; index < count; index++) {
              fibers.push(yield* Effect.forkChild(child(index)));
            }
            return yield* Fiber.joinAll(fibers);
          });
        return { run: (count) => Effect.runPromise(program(count)) };
      },
    },
    'Effect.forEach': {
      async make() {
        const { Effect } = await import('effect');
        const child = (index) =>
          Effect.gen(function* () {
            yield* Effect.promise(() => Promise.resolve());
            return index;
          });
        return {
          run: (count) =>
            Effect.runPromise(Effect.forEach(range(count), child, { concurrency: 'unbounded' })),
        };
      },
    },
    'Effection spawn': {
      most: 100_000,
      why: 'takes long enough for a child',
      async make() {
        const { run, spawn, until } = await import('effection');
        return {
          run: (count) =>
            run(function* () {
              const tasks = [];
              for (let index = 0; index < count; index++) {
                const task = yield* spawn(function* () {
                  yield* until(Promise.resolve());
                  return index;
                });
                tasks.push(task);
              }
              for (const task of tasks) {
                yield* task;
              }
            }),
        };
      },
    },
    'asyncio.TaskGroup': { python: 'children' },
  },
};

/** A case of this library: a scope that starts `count` children and is closed. */
function own(childOf) {
  return {
    own: true,
    async make() {
      const library = await import('../library.mjs');
      const child = childOf(library, await import('rxjs'));
      return {
        async run(count) {
          const scope = new library.AsyncScope();
          for (let index = 0; index < count; index++) {
            scope.start(child(index));
          }
          await scope.close();
        },
      };
    },
  };
}

/** A promise that is rejected when the signal aborts. */
function abortable(promise, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
