// Nested scopes, synchronously: while the inner one blocks, the functions of the outer one run on.
// Watch that the outer and the inner functions take turns, and that the last one is started when the inner scope has closed.
// Run: node -r async-tamer/register samples/tour/13-nested-scopes-sync.ts
import { AsyncScope, sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async (msg: string, ms: number) => {
  await sleep(ms);
  console.log(msg);
});

{
  using outerScope = new AsyncScope();
  outerScope.start(slowEcho('Outer Scope > DELAY(300)', 300));
  outerScope.start(slowEcho('Outer Scope > DELAY(200)', 200));

  {
    using innerScope = new AsyncScope();
    innerScope.start(slowEcho('Outer Scope > Inner Scope > DELAY(400)', 400));
    innerScope.start(slowEcho('Outer Scope > Inner Scope > DELAY(200)', 200));
  } // waits for the functions of the inner scope

  // Note: started after the inner scope has finished
  outerScope.start(slowEcho('Outer Scope > DELAY(100)', 100));
}

// Output
// ------
//
// Outer Scope > DELAY(200)
// Outer Scope > Inner Scope > DELAY(200)
// Outer Scope > DELAY(300)
// Outer Scope > Inner Scope > DELAY(400)
// Outer Scope > DELAY(100)
