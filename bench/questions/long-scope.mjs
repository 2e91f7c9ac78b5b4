// What does a short child cost in a scope that lives long? They come a hundred at a time, when the hundred before are over.
const AT_A_TIME = 100;

/** The same job for everyone who takes an async function. */
const job = async (index) => {
  await Promise.resolve();
  return index;
};

export const question = {
  title: 'A short child in a long-living scope, a hundred at a time',
  unit: 'µs a child',
  kind: 'time',
  sizes: [10_000, 1_000_000],
  quickSizes: [10_000],
  chartSize: 1_000_000,
  base: 'Set of promises',
  cases: {
    coroutine: own(({ tamed }) =>
      tamed(function* (index) {
        yield* tamed.from(Promise.resolve());
        return index;
      }),
    ),
    'async function': own(({ tamed }) => tamed(job)),
    Observable: own(
      (_, { from, map }) =>
        (index) =>
          from(Promise.resolve()).pipe(map(() => index)),
    ),

    // What one would write by hand: whoever ends takes itself out, and the end waits for the rest.
    'Set of promises': {
      make: async () => ({
        async run(count) {
          const running = new Set();
          await batches(count, (index) => {
            const promise = job(index).finally(() => running.delete(promise));
            running.add(promise);
            return promise;
          });
          await Promise.all(running);
        },
      }),
    },
    'RxJS mergeMap': {
      async make() {
        const { from, lastValueFrom, mergeMap, Subject, tap } = await import('rxjs');
        return {
          async run(count) {
            const jobs = new Subject();
            let ended = () => {};
            const child = (index) => from(Promise.resolve()).pipe(tap({ complete: () => ended(index) }));
            const all = lastValueFrom(jobs.pipe(mergeMap(child)));
            await batches(count, (index) => {
              jobs.next(index);
              return (index + 1) % AT_A_TIME === 0 && new Promise((resolve) => (ended = resolve));
            });
            jobs.complete();
            await all;
          },
        };
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
          Effect.scoped(
            Effect.gen(function* () {
              for (let index = 0; index < count;) {
                let last;
                for (const end = index + AT_A_TIME; index < end; index++) {
                  last = yield* Effect.forkScoped(child(index));
                }
                yield* Fiber.join(last);
              }
            }),
          );
        return { run: (count) => Effect.runPromise(program(count)) };
      },
    },
    'Effection spawn': {
      most: 10_000,
      why: 'takes long enough for a child',
      async make() {
        const { run, spawn, until } = await import('effection');
        return {
          run: (count) =>
            run(function* () {
              for (let index = 0; index < count;) {
                let last;
                for (const end = index + AT_A_TIME; index < end; index++) {
                  last = yield* spawn(function* () {
                    yield* until(Promise.resolve());
                    return index;
                  });
                }
                yield* last;
              }
            }),
        };
      },
    },
    'asyncio.TaskGroup': { python: 'long-scope' },
  },
};

/** Starts `count` children, and waits for the last one of every hundred. */
async function batches(count, start) {
  for (let index = 0; index < count;) {
    let last;
    for (const end = index + AT_A_TIME; index < end; index++) {
      last = start(index);
    }
    await last;
  }
}

/** A case of this library: one scope, closed at the end. */
function own(childOf) {
  return {
    own: true,
    async make() {
      const library = await import('../library.mjs');
      const child = childOf(library, await import('rxjs'));
      return {
        async run(count) {
          const scope = new library.AsyncScope();
          await batches(count, (index) => scope.start(child(index)));
          await scope.close();
        },
      };
    },
  };
}
