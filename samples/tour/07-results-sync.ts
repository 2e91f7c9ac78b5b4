// Returning results, synchronously: block() returns what the function returned.
// Watch the types: what an async function promises is a plain value here.
// Run: node -r async-tamer/register samples/tour/07-results-sync.ts
import { sleep, tamed } from 'async-tamer';

const slowIo = tamed(async () => {
  await sleep(10);
  return [200, 'Time to be awesome!'] as const;
});

const [status, msg] = slowIo().block(); // immediate result
console.log(`Status ${status}: "${msg}"`);

// Output
// ------
//
// Status 200: "Time to be awesome!"
