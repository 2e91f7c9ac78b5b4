// A thread that runs one program after the other: it is sent the address of a module, and answers how that ended.
import { setImmediate } from 'node:timers';
import { inspect } from 'node:util';
import { parentPort } from 'node:worker_threads';

import '../support/clock.cjs';

// Of the RxJS that the programs have.
const { config } = await import(
  new URL('../../reports/programs/node_modules/rxjs/index.js', import.meta.url)
);

let printed = '';
process.stdout.write = process.stderr.write = (text) => {
  printed += text;
  return true;
};

const answer = (problem = '') => {
  running = false;
  config.onUnhandledError = null;
  parentPort.ref();
  parentPort.postMessage({ printed, problem });
};
const threw = (error) => answer(`It threw ${inspect(error)}`);

let running = false;
let evaluated = false;

process.on('uncaughtException', threw);
parentPort.on('message', (address) => {
  printed = '';
  running = true;
  evaluated = false;
  parentPort.unref(); // From here on the program alone keeps the thread alive.
  import(address).then(() => (evaluated = true), threw);
});

// Nothing of the program is left: Node itself knows when. What it says at its own `beforeExit` counts, too.
process.on('beforeExit', () => {
  if (running) setImmediate(() => answer(evaluated ? '' : 'It awaits what never comes.'));
});
