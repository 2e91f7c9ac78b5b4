// How much is held when the last of many rows is read, each of which takes a macrotask in one of eight places?
import { casesFor } from '../through-places.mjs';

async function work(index) {
  await new Promise(setImmediate);
  return index;
}

const cases = casesFor(work);
const mergeMap = 'RxJS mergeMap, which reads all at once';

export const question = {
  title: 'What rows hold on to that go through eight places, when the last one is read',
  unit: 'kB in all',
  kind: 'held',
  sizes: [10_000, 100_000, 1_000_000],
  quickSizes: [10_000],
  chartSize: 1_000_000,
  base: 'p-map',
  cases: {
    ...cases,
    [mergeMap]: { ...cases[mergeMap], most: 100_000, why: 'takes minutes to give away what it has read' },
  },
};
