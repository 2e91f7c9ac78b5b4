// How much faster are two workers than one, each with one place?
import { ours } from '../fleet/calls.mjs';
import { startPlain } from '../fleet/kit.mjs';

const wait = { name: 'wait', args: () => [10], places: 1 };
const compute = { name: 'compute', args: () => [], places: 1 };

export const question = {
  title: 'Calls on one worker and on two, and the same work in processes without a queue',
  unit: 'µs a call',
  kind: 'time',
  clock: 'wall',
  server: true,
  sizes: [100],
  chartSize: 100,
  base: 'waiting 10 ms, one worker',
  cases: {
    'waiting 10 ms, one worker': ours({ ...wait, workers: 1 }),
    'waiting 10 ms, two workers': ours({ ...wait, workers: 2 }),
    'computing, one worker': ours({ ...compute, workers: 1 }),
    'computing, two workers': ours({ ...compute, workers: 2 }),
    'computing, one plain process': plain(1),
    'computing, two plain processes': plain(2),
  },
};

function plain(processes) {
  return {
    async make() {
      const all = await Promise.all(Array.from({ length: processes }, startPlain));
      const run = (count) =>
        Promise.all(
          all.map((child) => {
            const done = new Promise((resolve) => child.once('message', resolve));
            child.send(['compute', count / processes]);
            return done;
          }),
        );
      return { run };
    },
  };
}
