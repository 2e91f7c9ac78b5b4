// Prints, for each kind of child, the ratio of its cost among many to that among few: slopes.ts FEW MANY. Ratios of the
// least of turns that alternate, by the time that the process computes: a machine's speed drifts, and what else it does only
// ever adds. So where a ratio is high, more turns tell whether it is. A turn of few is as many scopes as make the same number of
// children, so that both leave the same garbage. The growth is what counts, and no time is.
import { NEVER, Observable, type ObservableInput } from 'rxjs';

import { AsyncScope, sleep, tamed, type AsyncScopeOptions, type TamedCall } from 'async-tamer';

const [few = 0, many = 0] = process.argv.slice(2, 4).map(Number);
/** Costs that do not grow have a ratio of one to three, if nothing disturbs; it is ten for those that grow with their number. */
const plain = 3;
const turns = { least: 2, most: 8 };

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
const endless = tamed(function* () {
  yield* sleep(Infinity);
});
const endlessAsync = tamed(async () => {
  await sleep(Infinity);
});

/** The life of one scope and its `count` children. */
type Life = (count: number) => Promise<unknown>;

const lives: Readonly<Record<string, Life>> = {
  'a coroutine': together(coroutine),
  'an async function': together(asyncFunction),
  'an Observable': together(() => observable),
  'a cancelled coroutine': together(endless, { exitMode: 'cancel' }),
  'a cancelled async function': together(endlessAsync, { exitMode: 'cancel' }),
  'a cancelled Observable': together(() => NEVER, { exitMode: 'cancel' }),
  'a queued one': together(coroutine, { concurrency: 10 }),
  'a queued one that is cancelled': together(endless, { concurrency: 10, exitMode: 'cancel' }),
  'a watched one': watched,
  'one of those that come and go': comingAndGoing,
  'a nested scope': nested,
  'a run inside another': (depth) => runIn(depth).then(),
  'one of the scopes that are open at once': openAtOnce,
  'a scope inside another': inside,
  'one of the scopes that one call makes': (count) => making(count).then(),
};

/**
 * To look through others that are open takes nanoseconds for each, and a scope takes microseconds. So there are more of them: a
 * search shows only among many.
 */
const timesAsMany: Readonly<Record<string, number>> = { 'one of the scopes that are open at once': 3 };

function together(child: () => ObservableInput<unknown>, options: AsyncScopeOptions = {}): Life {
  return (count) => {
    const scope = new AsyncScope(options);
    for (let index = 0; index < count; index++) {
      scope.start(child());
    }
    return scope.close().then();
  };
}

async function watched(count: number): Promise<void> {
  const scope = new AsyncScope();
  scope.events$.subscribe();
  for (let index = 0; index < count; index++) {
    scope.start(coroutine());
  }
  await scope.close();
}

/** A hundred at a time, when the hundred before are over. */
async function comingAndGoing(count: number): Promise<void> {
  const scope = new AsyncScope();
  for (let index = 1; index <= count; index++) {
    const result = scope.start(coroutine());
    if (index % 100 === 0) {
      await result;
    }
  }
  await scope.close();
}

async function nested(count: number): Promise<void> {
  const parent = new AsyncScope();
  for (let index = 0; index < count; index++) {
    new AsyncScope({ parent });
  }
  await parent.close();
}

/** All of them are opened and used, and then closed, the last one first. */
async function openAtOnce(count: number): Promise<void> {
  const scopes = Array.from({ length: count }, () => new AsyncScope());
  scopes.forEach((scope) => scope.start(leaf()));
  for (let scope = scopes.pop(); scope !== undefined; scope = scopes.pop()) {
    await scope.close();
  }
}

async function inside(depth: number): Promise<void> {
  const outermost = new AsyncScope();
  let parent = outermost;
  for (let index = 1; index < depth; index++) {
    parent = new AsyncScope({ parent });
  }
  await outermost.close();
}

/** One call opens them one after the other. Each second one stays open until the call ends. */
const making = tamed(function* (count: number) {
  for (let index = 0; index < count; index++) {
    const scope = new AsyncScope();
    if (index % 2 === 0) {
      yield* scope.close();
    }
  }
});

function runIn(depth: number): TamedCall<number> {
  return AsyncScope.run(function* (): Generator<unknown, number, never> {
    return depth === 0 ? 0 : 1 + (yield* runIn(depth - 1));
  });
}

/** The ms that it takes to make `all` of them, if `count` share a scope. */
async function turn(count: number, all: number, life: Life): Promise<number> {
  const start = cpuTime();
  for (let scopes = all / count; scopes > 0; scopes--) {
    await life(count);
  }
  return cpuTime() - start;
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function slope(life: Life, all: number): Promise<number> {
  const costs = { few: Infinity, many: Infinity };
  const ratio = (): number => costs.many / costs.few;
  await turn(few, all, life); // To warm up.
  for (let done = 0; done < turns.least || (ratio() > plain && done < turns.most); done++) {
    costs.few = Math.min(costs.few, await turn(few, all, life));
    costs.many = Math.min(costs.many, await turn(all, all, life));
  }
  return ratio();
}

const slopes: Record<string, number> = {};
for (const [kind, life] of Object.entries(lives)) {
  slopes[kind] = await slope(life, many * (timesAsMany[kind] ?? 1));
}
console.log(JSON.stringify(slopes));
