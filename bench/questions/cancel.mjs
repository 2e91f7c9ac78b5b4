// What does it cost to cancel a child that waits, until all of its scope is over?
import { allWait, macrotask } from '../all-wait.mjs';

export const question = {
  title: 'A waiting child, cancelled, until its scope has closed',
  unit: 'µs a child',
  kind: 'time',
  sizes: [1_000, 10_000, 100_000],
  quickSizes: [10_000],
  chartSize: 10_000,
  base: 'Effect fibre',
  cases: {
    coroutine: own(({ tamed }) =>
      tamed(function* () {
        yield* tamed.from(new Promise(() => {}));
      }),
    ),
    'coroutine with a finally': own(({ tamed }) =>
      tamed(function* () {
        try {
          yield* tamed.from(new Promise(() => {}));
        } finally {
          cleanups++;
        }
      }),
    ),
    'async function': own(({ sleep, tamed }) => tamed(async () => await sleep(Infinity))),
    Observable: own(
      (_, { from }) =>
        () =>
          from(new Promise(() => {})),
    ),

    'Promise.all, each listens to a signal': {
      most: 1_000,
      why: 'asks its signal to look through all listeners for each new one',
      make: async () => ({
        before(count) {
          const controller = new AbortController();
          const { signal } = controller;
          const child = () =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason), { once: true });
            });
          return { controller, all: Promise.allSettled(Array.from({ length: count }, child)) };
        },
        run(_count, { controller, all }) {
          controller.abort();
          return all;
        },
      }),
    },
    'RxJS takeUntil': {
      most: 10_000,
      why: 'grows with the square of their number',
      async make() {
        const { from, Subject, takeUntil } = await import('rxjs');
        return {
          before(count) {
            const cancel = new Subject();
            for (let index = 0; index < count; index++) {
              from(new Promise(() => {}))
                .pipe(takeUntil(cancel))
                .subscribe();
            }
            return cancel;
          },
          run: (_count, cancel) => cancel.next(),
        };
      },
    },
    'Effect fibre': {
      async make() {
        const { Effect, Fiber } = await import('effect');
        const child = (started) =>
          Effect.gen(function* () {
            started();
            yield* Effect.promise(() => new Promise(() => {}));
          });
        const begin = (count, started) =>
          Effect.gen(function* () {
            for (let index = 0; index < count; index++) {
              yield* Effect.forkChild(child(started));
            }
            yield* Effect.never;
          });
        return {
          async before(count) {
            let fiber;
            await allWait(count, (started) => {
              fiber = Effect.runFork(begin(count, started));
            });
            return fiber;
          },
          run: (_count, fiber) => Effect.runPromise(Fiber.interrupt(fiber)),
        };
      },
    },
    'Effection spawn': {
      most: 10_000,
      why: 'takes long enough for a child',
      async make() {
        const { run, spawn, suspend, until } = await import('effection');
        return {
          async before(count) {
            let task;
            await allWait(count, (started) => {
              task = run(function* () {
                for (let index = 0; index < count; index++) {
                  yield* spawn(function* () {
                    started();
                    yield* until(new Promise(() => {}));
                  });
                }
                yield* suspend();
              });
              task.catch(() => {}); // It is halted.
            });
            return { task }; // By itself it would be awaited.
          },
          async run(_count, { task }) {
            await task.halt();
          },
        };
      },
    },
    'asyncio.TaskGroup': { python: 'cancel' },
  },
};

/** How many have cleaned up. */
export let cleanups = 0;

/** A case of this library: a scope whose children wait when it is cancelled and closed. */
function own(childOf) {
  return {
    own: true,
    async make() {
      const library = await import('../library.mjs');
      const child = childOf(library, await import('rxjs'));
      return {
        async before(count) {
          const scope = new library.AsyncScope();
          for (let index = 0; index < count; index++) {
            scope.start(child());
          }
          await macrotask();
          return scope;
        },
        async run(_count, scope) {
          scope.cancel();
          await scope.close();
        },
      };
    },
  };
}
