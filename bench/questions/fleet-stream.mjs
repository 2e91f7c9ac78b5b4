// How long does a value of a stream take from another process, and how long from a thread?
import { moduleOf } from '../dist.mjs';
import { fleetOn } from '../fleet/calls.mjs';
import { startServer, startWorker, work } from '../fleet/kit.mjs';

export const question = {
  title: 'A value of a stream of 20 000',
  unit: 'µs a value',
  kind: 'time',
  clock: 'wall',
  server: true,
  sizes: [20_000],
  quickSizes: [2_000],
  chartSize: 20_000,
  base: 'from a thread',
  cases: {
    'from another process, by a fleet': {
      own: true,
      async make() {
        const url = await startServer();
        await startWorker(url, 1);
        return streaming(await fleetOn(url));
      },
    },
    'from a thread': {
      own: true,
      async make() {
        const { threads } = await import(moduleOf('threads/index.js'));
        return streaming(threads(work, { maxThreads: 1 }));
      },
    },
  },
};

function streaming({ numbers }) {
  return {
    async run(count) {
      let seen = 0;
      await numbers(count).forEach(() => seen++);
      if (seen !== count) {
        throw new Error(`${seen} values of ${count}.`);
      }
    },
  };
}
