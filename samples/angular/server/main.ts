// Serves the sample. Run: npm run sample:angular    (builds it first; -- --port 8080 for another port)
import { parseArgs } from 'node:util';

import { startServer } from './server.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '4200' } } });
try {
  const server = await startServer(Number(values.port));
  process.once('SIGINT', () => void server.close());
  console.log(`The bird observatory is open: ${server.url}    (Ctrl-C closes it)`);
} catch (error) {
  console.error(`${(error as Error).message}. Choose another port: npm run sample:angular -- --port 8080`);
  process.exitCode = 1;
}
