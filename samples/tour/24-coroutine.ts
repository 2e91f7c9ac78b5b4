// A generator is a coroutine: it waits with yield*, and each yield* has its exact type.
// Watch that one can wait for calls, results and, through tamed.from, for promises and Observables.
import { of } from 'rxjs';
import { AsyncScope, sleep, tamed, type DelayedResult } from 'async-tamer';

const request = tamed(function* (ms: number) {
  yield* sleep(ms);
  return 'you are awesome';
});

const postProcess = tamed(function* (raw: DelayedResult<string>) {
  const text = yield* raw; // a string
  const mark = yield* tamed.from(Promise.resolve('!'));
  const times = yield* tamed.from(of(3));
  return text.toUpperCase() + mark.repeat(times);
});

await using scope = new AsyncScope();
const raw = scope.start(request(10));
console.log(await scope.start(postProcess(raw)));

// Several at once, as an array:
const [first, second] = await tamed.all([request(20), request(10)]);
console.log(first === second);

// Output
// ------
//
// YOU ARE AWESOME!!!
// true
