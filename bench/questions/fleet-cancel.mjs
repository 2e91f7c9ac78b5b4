// How long does it take to cancel calls that wait in the queue?
import { moduleOf } from '../dist.mjs';
import { fleetOn, indexes } from '../fleet/calls.mjs';
import { Queue, startServer } from '../fleet/kit.mjs';

export const question = {
  title: 'Cancelling a call that waits in the queue',
  unit: 'µs a call',
  kind: 'time',
  clock: 'wall',
  server: true,
  sizes: [5_000],
  quickSizes: [1_000],
  chartSize: 5_000,
  base: 'BullMQ, job.remove()',
  cases: {
    'async-tamer': {
      own: true,
      async make() {
        const { AsyncScope } = await import(moduleOf('index.js'));
        const { fleetState } = await import(moduleOf('fleet/index.js'));
        const calls = await fleetOn(await startServer());
        return {
          async before(count) {
            const scope = new AsyncScope();
            indexes(count, (index) => scope.start(calls.echo(index)));
            while ((await fleetState(calls)).queued < count);
            return scope;
          },
          run: async (_count, scope) => {
            scope.cancel();
            await scope.close();
          },
        };
      },
    },
    'BullMQ, job.remove()': {
      async make() {
        const queue = new Queue('work', { connection: { url: await startServer() } });
        return {
          before: (count) => queue.addBulk(indexes(count, (index) => ({ name: 'echo', data: [index] }))),
          run: (_count, jobs) => Promise.all(jobs.map((job) => job.remove())),
        };
      },
    },
  },
};
