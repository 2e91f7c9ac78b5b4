// Prints, for each kind of child, the ratio of its cost among 100 000 to that among 10 000. Ratios of the least of turns that
// alternate: a machine's speed drifts, and what else it does only ever adds. The growth is what counts, and no time is.
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

async function slope(child: () => ObservableInput<unknown>, cancels = false): Promise<number> {
  const costs: Record<number, number[]> = { [few]: [], [many]: [] };
  await cost(many, child, cancels); // To warm up.
  for (let turn = 0; turn < turns; turn++) {
    for (const [count, list] of Object.entries(costs)) {
      list.push(await cost(Number(count), child, cancels));
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
