// Cancelling: the call that a function waits for is torn down. Then the finally block of the function runs, and may wait itself.
// Watch that the scope has not closed before the last cleanup has ended.
import { AsyncScope, CancelledError, sleep, tamed } from 'async-tamer';

const coroutine = tamed(function* () {
  try {
    yield* sleep(Infinity);
    console.log('never printed');
  } finally {
    yield* sleep(20);
    console.log('coroutine: cleaned up');
  }
});

const asyncFunction = tamed(async () => {
  try {
    await sleep(Infinity);
  } catch (error) {
    console.log(`async function: ${String(error instanceof CancelledError)}`); // a generator has no such error to catch
    throw error;
  } finally {
    await sleep(20);
    console.log('async function: cleaned up');
  }
});

const scope = new AsyncScope();
const result = scope.start(coroutine());
scope.start(asyncFunction());

scope.cancel('no longer needed');
console.log(`${result.status}, ${scope.size} cleaning up`);

await scope.close();
console.log(`${scope.size} left`);

// Output
// ------
//
// cancelled, 2 cleaning up
// async function: true
// coroutine: cleaned up
// async function: cleaned up
// 0 left
