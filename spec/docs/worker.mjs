// A thread that runs one program after the other: it is sent the address of a module, and answers how that ended.
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { parentPort } from 'node:worker_threads';
import { config } from 'rxjs';

// What belongs to the thread itself. Anything else is the program's.
const own = new Set(['CloseReq', 'MessagePort']);

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
  return process.getActiveResourcesInfo().every((resource) => own.has(resource));
}
