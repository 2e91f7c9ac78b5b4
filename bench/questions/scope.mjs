// What does a scope cost that is opened and closed, one after the other, with nothing in it?
export const question = {
  title: 'A scope opened and closed, with nothing in it',
  unit: 'µs a scope',
  kind: 'time',
  sizes: [10_000],
  chartSize: 10_000,
  base: 'Effect.scoped',
  cases: {
    AsyncScope: own(
      ({ AsyncScope }) =>
        () =>
          new AsyncScope().close(),
    ),
    'AsyncScope.run': own(
      ({ AsyncScope }) =>
        () =>
          AsyncScope.run(() => {}),
    ),
    'AsyncScope.run, a generator': own(
      ({ AsyncScope }) =>
        () =>
          AsyncScope.run(function* () {}),
    ),
    'Effect.scoped': {
      async make() {
        const { Effect } = await import('effect');
        return { run: (count) => awaiting(count, () => Effect.runPromise(Effect.scoped(Effect.void))) };
      },
    },
    'Effect.scoped, a generator': {
      async make() {
        const { Effect } = await import('effect');
        const scope = Effect.scoped(Effect.gen(function* () {}));
        return { run: (count) => awaiting(count, () => Effect.runPromise(scope)) };
      },
    },
    'Effect.scoped, all in one fibre': {
      async make() {
        const { Effect } = await import('effect');
        const program = (count) =>
          Effect.gen(function* () {
            for (let index = 0; index < count; index++) {
              yield* Effect.scoped(Effect.void);
            }
          });
        return { run: (count) => Effect.runPromise(program(count)) };
      },
    },
    'Effection run': {
      async make() {
        const { run } = await import('effection');
        return { run: (count) => awaiting(count, () => run(function* () {})) };
      },
    },
    'Effection scoped, all in one run': {
      async make() {
        const { run, scoped } = await import('effection');
        return {
          run: (count) =>
            run(function* () {
              for (let index = 0; index < count; index++) {
                yield* scoped(function* () {});
              }
            }),
        };
      },
    },
    'asyncio.TaskGroup': { python: 'scope' },
  },
};

async function awaiting(count, open) {
  for (let index = 0; index < count; index++) {
    await open();
  }
}

/** A case of this library: `opened` opens a scope, and gives its end. */
function own(opened) {
  return {
    own: true,
    async make() {
      const open = opened(await import('../library.mjs'));
      return { run: (count) => awaiting(count, open) };
    },
  };
}
