// Asynchronous execution: a call can be awaited, like any promise.
// Watch that nothing runs before that: a call is cold, so "first", made first, is not the first to print.
import { sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async (msg: string, ms: number) => {
  await sleep(ms);
  console.log(msg);
});

const first = slowEcho('async > DELAY(200)', 200);
const second = slowEcho('async > DELAY(20)', 20);
const third = slowEcho('async > DELAY(100)', 100);

// Don't forget the await!
await second;
await Promise.all([first, third]);

// Output
// ------
//
// async > DELAY(20)
// async > DELAY(100)
// async > DELAY(200)
