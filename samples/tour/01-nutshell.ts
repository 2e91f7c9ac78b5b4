// In a nutshell: tamed() makes a function that waits callable from anywhere, and a scope owns the calls it starts.
// Watch the order: block() waits on the spot; in the scope both calls run at once, and its block ends when they have ended.
// Run: node -r async-tamer/register samples/tour/01-nutshell.ts
// (Node evaluates an ES module in a microtask, where nothing can block. The preload has it evaluated before that.)
import { AsyncScope, sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async (msg: string, ms: number) => {
  await sleep(ms);
  console.log(msg);
});

slowEcho('sync > DELAY(100)', 100).block();

{
  using scope = new AsyncScope();
  scope.start(slowEcho('scope > DELAY(100)', 100));
  scope.start(slowEcho('scope > DELAY(20)', 20));
} // implicit wait :)

// Output
// ------
//
// sync > DELAY(100)
// scope > DELAY(20)
// scope > DELAY(100)
