// Prints, for each kind of child, the ratio of its cost among 100 000 to that among 10 000. Ratios of the least of turns that
// alternate: a machine's speed drifts, and what else it does only ever adds. A turn of few is as many scopes as make the same
// number of children, so that both leave the same garbage. The growth is what counts, and no time is.
import { Observable, type ObservableInput } from 'rxjs';

import { AsyncScope, sleep, tamed } from '../../src/index.ts';

const few = 10_000;
const many = 100_000;
const turns = 5;

const leaf = tamed({ sync: () => 1, async: () => Promise.resolve(1) });
const coroutine = tamed(function* () {
  return yield* leaf();
});
const asyncFunction = tamed(async () => {
  await leaf();
});
const observable = new Observable<number>((subscriber) => {
  queueMicrotask(() => {
    subscriber.next(1);
    subscriber.complete();
  });
});

/** The ms that one of `count` children takes, started and closed. */
async function cost(count: number, child: () => ObservableInput<unknown>, cancels = false): Promise<number> {
  const start = performance.now();
  const scope = new AsyncScope({ exitMode: cancels ? 'cancel' : 'wait' });
  for (let index = 0; index < count; index++) {
    scope.start(child());
  }
  await scope.close();
  return (performance.now() - start) / count;
}

/** What each of `many` children takes, if `count` of them share a scope. */
async function turn(count: number, child: () => ObservableInput<unknown>, cancels: boolean): Promise<number> {
  let sum = 0;
  for (let scopes = many / count; scopes > 0; scopes--) {
    sum += count * (await cost(count, child, cancels));
  }
  return sum / many;
}

async function slope(child: () => ObservableInput<unknown>, cancels = false): Promise<number> {
  const costs: Record<number, number[]> = { [few]: [], [many]: [] };
  await cost(many, child, cancels); // To warm up.
  for (let index = 0; index < turns; index++) {
    for (const [count, list] of Object.entries(costs)) {
      list.push(await turn(Number(count), child, cancels));
    }
  }
  return Math.min(...costs[many]!) / Math.min(...costs[few]!);
}

const endless = tamed(function* () {
  yield* sleep(Infinity);
});

const slopes = {
  coroutine: await slope(coroutine),
  asyncFunction: await slope(asyncFunction),
  observable: await slope(() => observable),
  cancelled: await slope(endless, true),
};
console.log(JSON.stringify(slopes));
