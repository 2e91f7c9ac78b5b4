// What does a row cost that goes through one of eight places, when the rows are read one by one?
import { moduleOf } from '../dist.mjs';

const PLACES = 8;

async function* rows(count) {
  for (let index = 0; index < count; index++) {
    yield index;
  }
}

async function work(index) {
  await null;
  return index;
}

/** Runs through `results`, which must be as many as there are rows. */
async function drain(results, count) {
  let seen = 0;
  for await (const result of results) {
    seen += result >= 0 ? 1 : 0;
  }
  if (seen !== count) {
    throw new Error(`${seen} results of ${count}.`);
  }
}

export const question = {
  title: 'A row of an async iterable, through eight places',
  unit: 'µs a row',
  kind: 'time',
  sizes: [100_000, 1_000_000],
  quickSizes: [10_000],
  chartSize: 100_000,
  base: 'p-map',
  cases: {
    concurrently: own((call) => call),
    'concurrently, looped over': own((call, count) => drain(call, count)),
    'p-map': {
      async make() {
        const { default: pMap } = await import('p-map');
        return { run: (count) => pMap(rows(count), work, { concurrency: PLACES }) };
      },
    },
    pMapIterable: {
      async make() {
        const { pMapIterable } = await import('p-map');
        return { run: (count) => drain(pMapIterable(rows(count), work, { concurrency: PLACES }), count) };
      },
    },
    'RxJS mergeMap, which reads all at once': {
      async make() {
        const { from, lastValueFrom, mergeMap } = await import('rxjs');
        return { run: (count) => lastValueFrom(from(rows(count)).pipe(mergeMap(work, PLACES))) };
      },
    },
    "Node's Readable.map": {
      async make() {
        const { Readable } = await import('node:stream');
        return {
          run: (count) => drain(Readable.from(rows(count)).map(work, { concurrency: PLACES }), count),
        };
      },
    },
  },
};

function own(wait) {
  return {
    own: true,
    async make() {
      const { concurrently } = await import(moduleOf('index.js'));
      return { run: (count) => wait(concurrently(rows(count), work, { concurrency: PLACES }), count) };
    },
  };
}
