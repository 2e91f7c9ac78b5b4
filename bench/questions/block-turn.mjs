// What does block() add to a turn of the event loop? A chain of immediates takes one turn for each.
export const question = {
  title: 'A turn of the event loop by block()',
  unit: 'µs a turn',
  kind: 'time',
  sizes: [10_000],
  quickSizes: [10_000],
  chartSize: 10_000,
  base: 'bare addon',
  cases: {
    'async-tamer block()': {
      own: true,
      async make() {
        const { tamed } = await import('../library.mjs');
        const { Observable } = await import('rxjs');
        const turns = (count) =>
          new Observable((subscriber) => {
            hop(count, () => {
              subscriber.next(count);
              subscriber.complete();
            });
          });
        return { run: inTimer((count) => tamed.from(turns(count)).block()) };
      },
    },
    'bare addon': {
      async make() {
        const { default: addon } = await import('@se-oss/deasync');
        return { run: inTimer((count) => loop(count, () => addon.runLoopOnce())) };
      },
    },
    deasync: {
      async make() {
        const { default: deasync } = await import('deasync');
        return { run: inTimer((count) => loop(count, () => deasync.runLoopOnce())) };
      },
    },
    'event loop, awaited': {
      make: async () => ({ run: (count) => new Promise((resolve) => hop(count, resolve)) }),
    },
  },
};

/** As many immediates, each begun by the one before. */
function hop(count, then) {
  if (count === 0) {
    then();
  } else {
    setImmediate(() => hop(count - 1, then));
  }
}

/** Turns the loop until a chain of immediates has ended. */
function loop(count, turn) {
  let over = false;
  hop(count, () => {
    over = true;
  });
  while (!over) {
    turn();
  }
}

/** Runs it where it may block: everyone in the same place. */
function inTimer(fn) {
  return (count) =>
    new Promise((resolve, reject) => {
      setTimeout(() => {
        try {
          resolve(fn(count));
        } catch (error) {
          reject(error);
        }
      }, 1);
    });
}
