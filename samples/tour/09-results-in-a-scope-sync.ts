// Returning results, in a synchronous scope: the DelayedResult has its value when the block has ended.
// Watch that nothing but "using" waits here.
// Run: node -r async-tamer/register samples/tour/09-results-in-a-scope-sync.ts
import { AsyncScope, sleep, tamed, type DelayedResult } from 'async-tamer';

const slowIo = tamed(async () => {
  await sleep(10);
  return [200, 'Time to be awesome!'] as const;
});

let result: DelayedResult<readonly [number, string]>;
{
  using scope = new AsyncScope();
  result = scope.start(slowIo());
} // implicit wait on exit

const [status, msg] = result.value;
console.log(`Status ${status}: "${msg}"`);

// Output
// ------
//
// Status 200: "Time to be awesome!"
