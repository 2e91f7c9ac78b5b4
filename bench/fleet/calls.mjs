// The same calls by async-tamer, by BullMQ, and by BullMQ's sandbox; each of these with as many workers, and places in them.
import { moduleOf } from '../dist.mjs';
import { othersCpu, Queue, QueueEvents, startBullWorker, startServer, startWorker, work } from './kit.mjs';

/** Makes so many calls of a function at once, and waits for all. */
export function ours({ name, args, workers = 1, places = 2 }) {
  return {
    own: true,
    async make() {
      const url = await startServer();
      await Promise.all(Array.from({ length: workers }, () => startWorker(url, places)));
      const calls = await fleetOn(url);
      const run = (count) => Promise.all(indexes(count, (index) => calls[name](...args(index))));
      await run(workers * places); // Threads start.
      return { run, others: othersCpu };
    },
  };
}

export async function fleetOn(connection) {
  const { fleet } = await import(moduleOf('fleet/index.js'));
  return fleet(work, { connection });
}

export function bull({ name, args, places = 2 }, kind) {
  return {
    async make() {
      const url = await startServer();
      await startBullWorker(url, places, kind);
      // All events are kept: a call whose end is trimmed away would be waited for for ever.
      const queue = new Queue('work', { connection: { url }, streams: { events: { maxLen: 1_000_000 } } });
      const events = new QueueEvents('work', { connection: { url } });
      await events.waitUntilReady();
      const run = async (count) => {
        const opts = { removeOnComplete: { age: 60 } }; // Without, some are gone before their end is heard.
        const jobs = await queue.addBulk(indexes(count, (index) => ({ name, data: args(index), opts })));
        await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
      };
      await run(places);
      return { run, others: othersCpu };
    },
  };
}

export function indexes(count, of) {
  return Array.from({ length: count }, (_, index) => of(index));
}
