// A thread that runs one program after the other: it is sent the address of a module, and answers how that ended.
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { parentPort } from 'node:worker_threads';

// Of the RxJS that the programs have.
const { config } = await import(
  new URL('../../reports/programs/node_modules/rxjs/index.js', import.meta.url)
);

// What belongs to the thread itself. Anything else is the program's.
const own = new Set(['CloseReq', 'MessagePort']);

// Threads that programs have started. One that is idle keeps no process alive, and does not show among its resources.
let threads = 0;
process.on('worker', (thread) => {
  threads++;
  thread.on('exit', () => threads--);
});

let printed = '';
process.stdout.write = process.stderr.write = (text) => {
  printed += text;
  return true;
};

const answer = (problem = '') => parentPort.postMessage({ printed, problem });
const threw = (error) => answer(`It threw ${inspect(error)}`);

process.on('uncaughtException', threw);
parentPort.on('message', async (address) => {
  printed = '';
  let evaluated = false;
  import(address).then(() => (evaluated = true), threw);

  // It is over when nothing of it is left; if it has not been evaluated by then, it waits for ever.
  for (let idle = 0; idle < (evaluated ? 2 : 50); idle = isQuiet() ? idle + 1 : 0) {
    await setTimeout(1);
  }
  config.onUnhandledError = null;
  answer(evaluated ? '' : 'It awaits what never comes.');
});

function isQuiet() {
  return threads === 0 && process.getActiveResourcesInfo().every((resource) => own.has(resource));
}
