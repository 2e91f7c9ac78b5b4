import { AsyncLocalStorage } from 'node:async_hooks';
import { abortSignal, AsyncScope, sleep, tamed } from 'async-tamer';

const user = new AsyncLocalStorage();
const whoAsks = tamed(async () => {
  await sleep(1);
  return user.getStore();
});
const patient = tamed(async () => {
  await sleep(1);
  const signal = abortSignal();
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  console.log('heard the cancel');
});

const scope = new AsyncScope({ concurrency: 1 });
const results = ['Ada', 'Grace'].map((name) => user.run(name, () => scope.start(whoAsks())));
console.log((await Promise.all(results)).join());
scope.start(patient());
await sleep(50);
scope.cancel();
await scope.close();
