// A worker of BullMQ: node bullmq.mjs URL CONCURRENCY bare|sandbox
import { createRequire } from 'node:module';

import run from './sandbox.mjs';

const { Worker } = createRequire(import.meta.url)('bullmq');
const [url, concurrency, kind] = process.argv.slice(2);
const processor = kind === 'sandbox' ? new URL('sandbox.mjs', import.meta.url) : run;
const worker = new Worker('work', processor, {
  connection: { url, maxRetriesPerRequest: null },
  concurrency: Number(concurrency),
  useWorkerThreads: true,
});
await worker.waitUntilReady();
process.on('disconnect', () => process.exit());
process.send('ready');
