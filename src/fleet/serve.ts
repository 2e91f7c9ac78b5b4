import { FleetError } from '../remote/fleet-error.ts';
import { BullEngine } from './bullmq.ts';
import type { CheckedServeOptions } from './options.ts';
import { Server } from './server.ts';

/** How long to wait for a server that does not answer, in ms. */
const PATIENCE = 10_000;

/** Starts a worker. Fulfils when the worker takes calls; disposing the value ends it. */
export async function serve(href: string, options: CheckedServeOptions): Promise<AsyncDisposable> {
  const engine = new BullEngine(options.queue, options.connection, options.lockMs);
  const server = new Server(href, options, engine);
  try {
    await reached(engine);
    await server.open();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return { [Symbol.asyncDispose]: () => server.close() };
}

/** Fulfils once the server has been reached. Rejects if no server is there: the user who starts a worker must hear of that. */
async function reached(engine: BullEngine): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const looked = new Promise<never>((_resolve, reject) => {
    const start = performance.now();
    timer = setInterval(() => {
      const { trouble } = engine;
      if (trouble !== undefined || performance.now() - start > PATIENCE) {
        const why = trouble === undefined ? `It has not answered for ${PATIENCE} ms.` : trouble.message;
        reject(new FleetError('send', `The server cannot be reached. ${why}`, { cause: trouble }));
      }
    }, 50);
  });
  try {
    await Promise.race([engine.ready(), looked]);
  } finally {
    clearInterval(timer);
  }
}
