// Raise mode: in this scope every result must be awaited, and a forgotten one is an error.
// Watch the message: it names the child, and the line that started it.
import { AsyncScope, AwaitError, sleep, tamed } from 'async-tamer';

const slowEcho = tamed(async function slowEcho(msg: string, ms: number) {
  await sleep(ms);
  console.log(msg);
});

try {
  await using scope = new AsyncScope({ exitMode: 'raise' });
  const awaited = scope.start(slowEcho('awaited', 10));
  scope.start(slowEcho('forgotten', 20));
  await awaited;
} catch (error) {
  console.log(error instanceof AwaitError);
  console.log(error instanceof Error ? error.message : error);
}

// Output (excerpt)
// ----------------
//
// awaited
// true
// 1 result was not awaited: slowEcho (#2), started at [...]26-raise-mode.ts:13:[...]). Await each before [...]
