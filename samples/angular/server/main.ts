// Serves the sample. Run: npm run sample:angular (builds it first; -- --port 8080 for another port)
import { parseArgs } from 'node:util';

import { startServer } from './server.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '4200' } } });
const server = await startServer(Number(values.port));
console.log(`The bird observatory is open: ${server.url}    (Ctrl-C closes it)`);
process.once('SIGINT', () => void server.close());
