// Execution in a scope: a started call runs beside the code after it, and has ended when the block has ended.
// Watch the last line: it is printed when all three have finished.
import { AsyncScope, sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async (msg: string, ms: number) => {
  await sleep(ms);
  console.log(msg);
});

{
  await using scope = new AsyncScope();
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
