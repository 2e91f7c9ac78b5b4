// Returning results, asynchronously: awaiting a call gives what its function returned.
// Watch that awaiting the same call again runs the function again: a call is no promise that remembers.
import { sleep, tamed } from 'async-tamer';

let runs = 0;
const slowIo = tamed(async () => {
  runs += 1;
  await sleep(10);
  return [200, 'Time to be awesome!'] as const;
});

const call = slowIo(); // nothing runs yet

const [status, msg] = await call; // await the result
console.log(`Status ${status}: "${msg}"`);

await call;
console.log(`${runs} runs`);

// Output
// ------
//
// Status 200: "Time to be awesome!"
// 2 runs
