// Returning results, in a scope: start() gives a DelayedResult, the value that arrives late.
// Watch that it is there, and needs no await, once the scope has closed.
import { AsyncScope, sleep, tamed, type DelayedResult } from 'async-tamer';

const slowIo = tamed(async () => {
  await sleep(10);
  return [200, 'Time to be awesome!'] as const;
});

let result: DelayedResult<readonly [number, string]>;
{
  await using scope = new AsyncScope();
  result = scope.start(slowIo());
  console.log(result.status);
} // implicit await on exit

const [status, msg] = result.value;
console.log(result.status);
console.log(`Status ${status}: "${msg}"`);

// Output
// ------
//
// pending
// succeeded
// Status 200: "Time to be awesome!"
