// What does a row cost that goes through one of eight places, when the rows are read one by one?
import { casesFor, pMap } from '../through-places.mjs';

async function work(index) {
  await null;
  return index;
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
    ...casesFor(work),
    // On Node 20, and so in any program that uses this library, such a storage makes each promise dearer.
    'p-map, beside an AsyncLocalStorage': pMap(work, true),
  },
};
