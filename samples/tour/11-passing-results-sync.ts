// Passing results around, synchronously: an async function awaits a result, and synchronous code blocks on it.
// Watch that block() waits for this one result. The other children of the scope go on meanwhile.
// Run: node -r async-tamer/register samples/tour/11-passing-results-sync.ts
import { AsyncScope, ResultUnavailableError, sleep, tamed, type DelayedResult } from 'async-tamer';

type Reply = readonly [number, string];

const request = tamed(async (ms: number): Promise<Reply> => {
  await sleep(ms);
  return [200, 'You are awesome!'];
});

const postProcess = tamed(async (raw: DelayedResult<Reply>): Promise<Reply> => {
  const [status, msg] = await raw; // awaited in asynchronous code
  return [status, msg.replace('awesome', 'very awesome')];
});

using scope = new AsyncScope();
const raw = scope.start(request(10));
const result = scope.start(postProcess(raw)); // pass it around

try {
  console.log(result.value);
} catch (error) {
  if (error instanceof ResultUnavailableError) {
    console.log('scope > result: Not yet available.');
  }
}

result.block(); // blocked on in synchronous code
const [status, msg] = result.value;
console.log(`scope > result: Status ${status}: "${msg}"`);

// Output
// ------
//
// scope > result: Not yet available.
// scope > result: Status 200: "You are very awesome!"
