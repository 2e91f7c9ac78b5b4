// How many bytes does a child hold on to while it waits for a promise? The promise itself does not count.
import { allWait } from '../all-wait.mjs';

export const question = {
  title: 'A child that waits for a promise',
  unit: 'bytes a child',
  kind: 'heap',
  sizes: [10_000, 100_000],
  quickSizes: [10_000],
  chartSize: 10_000,
  base: 'Effect fibre',
  cases: {
    coroutine: own(({ tamed }) =>
      tamed(function* (promise) {
        return yield* tamed.from(promise);
      }),
    ),
    'async function': own(({ tamed }) => tamed(async (promise) => await promise)),
    Observable: own((_, { from }) => from),

    'Promise.all': {
      make: async () => ({
        run: (_count, waits) => {
          const jobs = waits.map(async (promise) => await promise);
          return { jobs, all: Promise.all(jobs), then: undefined };
        },
      }),
    },
    'p-map': {
      async make() {
        const { default: pMap } = await import('p-map');
        return { run: (_count, waits) => ({ all: pMap(waits.keys(), async (index) => await waits[index]) }) };
      },
    },
    'RxJS mergeMap': {
      async make() {
        const { from, mergeMap } = await import('rxjs');
        return {
          run: (_count, waits) =>
            from(waits.keys())
              .pipe(mergeMap((index) => from(waits[index])))
              .subscribe(),
        };
      },
    },
    'Effect fibre': {
      async make() {
        const { Effect } = await import('effect');
        const child = (promise, started) =>
          Effect.gen(function* () {
            started();
            return yield* Effect.promise(() => promise);
          });
        const program = (waits, started) =>
          Effect.gen(function* () {
            for (const promise of waits) {
              yield* Effect.forkChild(child(promise, started));
            }
            yield* Effect.never;
          });
        return {
          async run(count, waits) {
            let fiber;
            await allWait(count, (started) => {
              fiber = Effect.runFork(program(waits, started));
            });
            return { fiber };
          },
        };
      },
    },
    'Effection spawn': {
      most: 10_000,
      why: 'takes long enough for a child',
      async make() {
        const { run, spawn, suspend, until } = await import('effection');
        return {
          async run(count, waits) {
            let task;
            await allWait(count, (started) => {
              task = run(function* () {
                for (const promise of waits) {
                  yield* spawn(function* () {
                    started();
                    return yield* until(promise);
                  });
                }
                yield* suspend();
              });
            });
            return { task };
          },
        };
      },
    },
    'asyncio.TaskGroup': { python: 'memory' },
  },
};

/** A case of this library: a scope and what it has started. */
function own(childOf) {
  return {
    own: true,
    async make() {
      const library = await import('../library.mjs');
      const child = childOf(library, await import('rxjs'));
      return {
        async run(_count, waits) {
          const scope = new library.AsyncScope();
          for (const promise of waits) {
            scope.start(child(promise));
          }
          return { scope };
        },
      };
    },
  };
}
