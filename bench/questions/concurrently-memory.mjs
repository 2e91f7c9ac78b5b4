// How much is held when the last of many rows is read, each of which takes a macrotask in one of eight places?
import { casesFor } from '../through-places.mjs';

async function work(index) {
  await new Promise(setImmediate);
  return index;
}

export const question = {
  title: 'What rows hold on to that go through eight places, when the last one is read',
  unit: 'kB in all',
  kind: 'held',
  sizes: [10_000, 1_000_000],
  quickSizes: [10_000],
  chartSize: 1_000_000,
  base: 'p-map',
  cases: casesFor(work),
};
