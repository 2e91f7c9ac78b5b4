// Execution in a scope, synchronously: "using" waits where its block ends, as "await using" does, and needs no await.
// Watch that the calls run at once all the same, in synchronous code: they have ended when the slowest has ended.
// Run: node -r async-tamer/register samples/tour/05-scope-sync.ts
import { AsyncScope, sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async (msg: string, ms: number) => {
  await sleep(ms);
  console.log(msg);
});

{
  using scope = new AsyncScope();
  scope.start(slowEcho('scope > DELAY(200)', 200));
  scope.start(slowEcho('scope > DELAY(20)', 20));
  scope.start(slowEcho('scope > DELAY(100)', 100));
  console.log(`${scope.size} running`);
}
console.log('all finished');

// Output
// ------
//
// 3 running
// scope > DELAY(20)
// scope > DELAY(100)
// scope > DELAY(200)
// all finished
