// Synchronous execution: block() waits for a call on the spot and returns its value, as an ordinary function would.
// Watch that there is no await, and that one call has ended before the next begins, however long each takes.
// Run: node -r async-tamer/register samples/tour/03-sync.ts
import { sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async (msg: string, ms: number) => {
  await sleep(ms);
  console.log(msg);
});

slowEcho('sync > DELAY(200)', 200).block();
slowEcho('sync > DELAY(20)', 20).block();
slowEcho('sync > DELAY(100)', 100).block();

// Output
// ------
//
// sync > DELAY(200)
// sync > DELAY(20)
// sync > DELAY(100)
