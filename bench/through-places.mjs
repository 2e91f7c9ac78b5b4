// What takes the rows of an async iterable through eight places: the cases of two questions.
import { AsyncLocalStorage } from 'node:async_hooks';

import { moduleOf } from './dist.mjs';

const PLACES = { concurrency: 8 };

/** So many rows. Before the last one it waits for `last`, if that is given. */
async function* rows(count, last) {
  for (let index = 0; index < count; index++) {
    if (index === count - 1) {
      await last?.();
    }
    yield index;
  }
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

/** The cases for `work`, which is given each row. */
export function casesFor(work) {
  return {
    concurrently: own(work, (call) => call),
    'concurrently, looped over': own(work, drain),
    'p-map': pMap(work),
    pMapIterable: {
      async make() {
        const { pMapIterable } = await import('p-map');
        return { run: (count, last) => drain(pMapIterable(rows(count, last), work, PLACES), count) };
      },
    },
    'RxJS mergeMap, which reads all at once': {
      async make() {
        const { from, lastValueFrom, mergeMap } = await import('rxjs');
        return {
          run: (count, last) =>
            lastValueFrom(from(rows(count, last)).pipe(mergeMap(work, PLACES.concurrency))),
        };
      },
    },
    "Node's Readable.map": {
      async make() {
        const { Readable } = await import('node:stream');
        return { run: (count, last) => drain(Readable.from(rows(count, last)).map(work, PLACES), count) };
      },
    },
  };
}

/** p-map, in a program with an `AsyncLocalStorage` or in one without. */
export function pMap(work, inStorage = false) {
  return {
    async make() {
      const { default: map } = await import('p-map');
      if (inStorage) {
        new AsyncLocalStorage().enterWith({});
      }
      return { run: (count, last) => map(rows(count, last), work, PLACES) };
    },
  };
}

function own(work, wait) {
  return {
    own: true,
    async make() {
      const { concurrently } = await import(moduleOf('index.js'));
      return { run: (count, last) => wait(concurrently(rows(count, last), work, PLACES), count) };
    },
  };
}
