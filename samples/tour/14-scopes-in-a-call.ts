// Scopes inside a tamed function: "await using" inside, and yet the whole of it is a call like any other, to be blocked on.
// Watch that the scopes need not be passed down: they belong to the call that makes them, and end when it is cancelled.
// Run: node -r async-tamer/register samples/tour/14-scopes-in-a-call.ts
import { AsyncScope, sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async (msg: string, ms: number) => {
  await sleep(ms);
  console.log(msg);
});

const slowBulkEcho = tamed(async () => {
  await using outerScope = new AsyncScope();
  outerScope.start(slowEcho('Outer Scope > DELAY(300)', 300));
  outerScope.start(slowEcho('Outer Scope > DELAY(200)', 200));

  {
    await using innerScope = new AsyncScope();
    innerScope.start(slowEcho('Outer Scope > Inner Scope > DELAY(400)', 400));
    innerScope.start(slowEcho('Outer Scope > Inner Scope > DELAY(200)', 200));
  } // waits for the functions of the inner scope

  // Note: started after the inner scope has finished
  outerScope.start(slowEcho('Outer Scope > DELAY(100)', 100));
});

slowBulkEcho().block();

// Output
// ------
//
// Outer Scope > DELAY(200)
// Outer Scope > Inner Scope > DELAY(200)
// Outer Scope > DELAY(300)
// Outer Scope > Inner Scope > DELAY(400)
// Outer Scope > DELAY(100)
