// Nested scopes: each waits for its own functions where its block ends.
// Watch the last line: it is started when the inner scope has closed, while the outer one has been running all along.
import { AsyncScope, sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async (msg: string, ms: number) => {
  await sleep(ms);
  console.log(msg);
});

{
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
}

// Output
// ------
//
// Outer Scope > DELAY(200)
// Outer Scope > Inner Scope > DELAY(200)
// Outer Scope > DELAY(300)
// Outer Scope > Inner Scope > DELAY(400)
// Outer Scope > DELAY(100)
