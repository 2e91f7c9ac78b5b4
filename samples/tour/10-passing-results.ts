// Passing results around: a result is a value, so a function can take one before it has arrived.
// Watch that "value" throws as long as there is none, and never gives something stale.
import { AsyncScope, ResultUnavailableError, sleep, tamed, type DelayedResult } from 'async-tamer';

type Reply = readonly [number, string];

const request = tamed(async (ms: number): Promise<Reply> => {
  await sleep(ms);
  return [200, 'You are awesome!'];
});

const postProcess = tamed(async (raw: DelayedResult<Reply>): Promise<Reply> => {
  const [status, msg] = await raw; // a result can be awaited, by as many as like to
  return [status, msg.replace('awesome', 'very awesome')];
});

await using scope = new AsyncScope();
const raw = scope.start(request(10));
const result = scope.start(postProcess(raw)); // pass it around

try {
  console.log(result.value);
} catch (error) {
  if (error instanceof ResultUnavailableError) {
    console.log('scope > result: Not yet available.');
  }
}

await result;
const [status, msg] = result.value;
console.log(`scope > result: Status ${status}: "${msg}"`);

// Output
// ------
//
// scope > result: Not yet available.
// scope > result: Status 200: "You are very awesome!"
