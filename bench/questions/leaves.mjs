// What does a coroutine of ten leaves cost, driven synchronously?
export const question = {
  title: 'A coroutine of ten leaves, driven synchronously',
  unit: 'µs a coroutine',
  kind: 'time',
  sizes: [10_000],
  chartSize: 10_000,
  base: 'gensync',
  cases: {
    'async-tamer block()': {
      own: true,
      async make() {
        const { tamed } = await import('../library.mjs');
        const leaf = tamed({ sync: (n) => n, async: async (n) => n });
        const sum = tamed(function* (n) {
          let total = 0;
          for (let index = 0; index < 10; index++) {
            total += yield* leaf(n);
          }
          return total;
        });
        return { run: repeat((n) => sum(n).block()) };
      },
    },
    gensync: {
      async make() {
        const { default: gensync } = await import('gensync');
        const leaf = gensync({ sync: (n) => n, async: async (n) => n });
        const sum = gensync(function* (n) {
          let total = 0;
          for (let index = 0; index < 10; index++) {
            total += yield* leaf(n);
          }
          return total;
        });
        return { run: repeat((n) => sum.sync(n)) };
      },
    },
    quansync: {
      async make() {
        const { quansync } = await import('quansync');
        const leaf = quansync({ sync: (n) => n, async: async (n) => n });
        const sum = quansync(function* (n) {
          let total = 0;
          for (let index = 0; index < 10; index++) {
            total += yield* leaf(n);
          }
          return total;
        });
        return { run: repeat((n) => sum.sync(n)) };
      },
    },
    'Effect.runSync': {
      async make() {
        const { Effect } = await import('effect');
        const leaf = (n) => Effect.sync(() => n);
        const sum = (n) =>
          Effect.gen(function* () {
            let total = 0;
            for (let index = 0; index < 10; index++) {
              total += yield* leaf(n);
            }
            return total;
          });
        return { run: repeat((n) => Effect.runSync(sum(n))) };
      },
    },
    'plain functions': {
      async make() {
        const leaf = (n) => n;
        const sum = (n) => {
          let total = 0;
          for (let index = 0; index < 10; index++) {
            total += leaf(n);
          }
          return total;
        };
        return { run: repeat(sum) };
      },
    },
  },
};

/** Runs `sum` so many times, and checks what it says. */
function repeat(sum) {
  return (count) => {
    let total = 0;
    for (let index = 0; index < count; index++) {
      total += sum(index);
    }
    if (total !== 5 * count * (count - 1)) {
      throw new Error(`The sum is ${total}.`);
    }
  };
}
