import { AsyncScope, sleep, tamed } from 'async-tamer';

// Nobody waits for the scope, nor for its child.
const scope = new AsyncScope();
scope.start(
  tamed(async () => {
    await sleep(1);
    throw new Error('nobody waits for this');
  })(),
);
console.log('the end of the program');
