// In a nutshell: tamed() makes a function that waits callable from anywhere, and a scope owns the calls it starts.
// Watch the order: both calls run at once, and the scope waits for them where its block ends.
import { AsyncScope, sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async (msg: string, ms: number) => {
  await sleep(ms);
  console.log(msg);
});

{
  await using scope = new AsyncScope();
  scope.start(slowEcho('scope > DELAY(100)', 100));
  scope.start(slowEcho('scope > DELAY(50)', 50));
} // implicit await :)

// Output
// ------
//
// scope > DELAY(50)
// scope > DELAY(100)
