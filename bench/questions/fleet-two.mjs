// How many times as fast are two workers as one, each with one place?
import { ours } from '../fleet/calls.mjs';
import { startPlain } from '../fleet/kit.mjs';

const wait = { name: 'wait', args: () => [10], places: 1 };
const compute = { name: 'compute', args: () => [], places: 1 };

export const question = {
  title: 'Two workers by one, with a place each',
  unit: 'times as fast',
  kind: 'ratio',
  clock: 'wall',
  server: true,
  sizes: [40],
  chartSize: 40,
  base: 'computing, by what two processes without a queue gain',
  cases: {
    'waiting 10 ms': {
      own: true,
      async make() {
        const both = await oneAndTwo((workers) => ours({ ...wait, workers }).make());
        return { run: async (count) => ratioOf(await inTurns(count, both)) };
      },
    },
    'computing, by what two processes without a queue gain': {
      own: true,
      async make() {
        const both = await oneAndTwo((workers) => ours({ ...compute, workers }).make());
        const plain = await oneAndTwo(startPlains);
        return {
          async run(count) {
            const [one, two, plainOne, plainTwo] = await inTurns(count, [...both, ...plain]);
            return ratioOf([one, two]) / ratioOf([plainOne, plainTwo]);
          },
        };
      },
    },
  },
};

const oneAndTwo = async (make) => [await make(1), await make(2)];
const ratioOf = ([one, two]) => one / two;

/** The ms that each takes at best. They take turns, so that what slows the machine down for a while slows all of them. */
async function inTurns(count, all) {
  const best = all.map(() => Infinity);
  for (let turn = 0; turn < 5; turn++) {
    const order = [...all.keys()];
    for (const index of turn % 2 === 0 ? order : order.reverse()) {
      const start = performance.now();
      await all[index].run(count);
      best[index] = Math.min(best[index], performance.now() - start);
    }
  }
  return best;
}

async function startPlains(processes) {
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
}
