import { AsyncScope, cleanup, sleep, tamed } from 'async-tamer';
import { finalize, NEVER } from 'rxjs';

const promise = tamed(async () => {
  try {
    await sleep(1);
    await sleep(60_000);
  } finally {
    await sleep(20);
    console.log('the async function has cleaned up');
  }
});

const coroutine = tamed(function* () {
  try {
    yield* sleep(60_000);
  } finally {
    yield* sleep(10);
    console.log('the generator has cleaned up');
  }
});

const iterable = tamed(async function* () {
  try {
    yield 'value';
    await sleep(60_000);
  } finally {
    await sleep(30);
    console.log('the async generator has cleaned up');
  }
});

const observable = tamed(() => NEVER.pipe(finalize(() => cleanup(sleep(40)))));

const scope = new AsyncScope({ name: 'page' });
const results = [promise, coroutine, iterable, observable].map((fn) => scope.start(fn()));
const failing = scope.start(
  tamed(async () => {
    await sleep(10);
    throw new RangeError('too far');
  })(),
);
console.log(await failing.catch((error) => error.message));
await scope.close();
console.log(results.map(({ status }) => status).join());
