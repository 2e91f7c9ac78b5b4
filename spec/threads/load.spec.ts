import type { Worker } from 'node:worker_threads';

import { concatMap, from, lastValueFrom, mergeMap, range, take, takeUntil, timer, toArray } from 'rxjs';

import {
  AsyncScope,
  cells,
  failureOf,
  moduleNamed,
  ThreadError,
  threads,
  until,
  type Faults,
  type Threads,
  type Work,
} from './kit.ts';

/** The same numbers from 0 to 1 each time: a spec that fails fails again. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('Threads under load', () => {
  let work: Threads<Work>;

  beforeAll(() => {
    work = threads<Work>(moduleNamed('work'), { maxThreads: 2, graceMs: 60_000 });
  });

  afterAll(() => work[Symbol.asyncDispose]());

  it('answer thousands of small calls, each by its own value', async () => {
    const sums = await lastValueFrom(
      range(0, 3000).pipe(
        mergeMap((n) => work.add(n, 1)),
        toArray(),
      ),
    );

    expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, n) => n + 1));
  });

  it('survive a storm of cancels: in the queue, while they run, and when they have ended', async () => {
    const cleanedUp = cells(2);
    const scope = new AsyncScope();
    const results = Array.from({ length: 1000 }, (_, n) =>
      scope.start(n % 2 === 0 ? work.add(n, 1) : work.beginning(cleanedUp, 0)),
    );
    await until(() => cleanedUp[0]! > 0 && results[0]!.status === 'succeeded');

    scope.cancel();
    await scope.close();

    const states = new Set(results.map(({ status }) => status));
    expect(states).toEqual(new Set(['succeeded', 'cancelled']));
    expect(cleanedUp[1]).toBe(cleanedUp[0]);
    expect(await work.add(1, 2)).toBe(3);
  });

  it('have nothing left of hundreds of calls that were cancelled at random moments', async () => {
    const counted = cells(2);
    const random = randomNumbers(8);
    const started = new Set<number>();
    const note = ({ threadId }: Worker): unknown => started.add(threadId);
    const scope = new AsyncScope({ concurrency: 4 }); // Two run, and two queue.
    await work.add(1, 2);
    process.on('worker', note);

    for (let n = 0; n < 400; n++) {
      const call = n % 2 === 0 ? work.beginning(counted, 2 * random()) : work.pause(2 * random());
      scope.start(call.pipe(takeUntil(timer(8 * random()))));
    }
    await scope.close();
    process.off('worker', note);

    expect(counted[0]).toBeGreaterThan(0);
    expect(counted[1]).toBe(counted[0]);
    expect(started.size).toBeLessThan(2); // No thread was lost: at most the second one has begun.
    expect(await work.add(1, 2)).toBe(3);
  });

  it('serve calls that begin and are cancelled in quick succession', async () => {
    const seen = cells();

    const words = await lastValueFrom(
      range(0, 50).pipe(
        concatMap(() => work.life(seen).pipe(take(1))),
        toArray(),
      ),
    );

    expect(new Set(words)).toEqual(new Set(['begun']));
    await until(() => seen[0] === 50);
  });

  it('serve ten scopes at once, of which one cancels, and one fails', async () => {
    const scopes = Array.from({ length: 10 }, (_, n) => new AsyncScope({ name: `scope ${n}` }));
    const sums = scopes.map((scope, n) => [1, 2, 3].map((m) => scope.start(work.add(n, m))));
    scopes[3]!.start(work.beginning(cells(2), 1));
    const failed = failureOf(scopes[4]!.start((work as unknown as Threads<Faults>).http(1)));

    scopes[3]!.cancel();
    await Promise.allSettled(scopes.map((scope) => scope.close()));

    const values = sums.map((results) =>
      results.map((result) => (result.status === 'succeeded' ? result.value : 0)),
    );
    expect((await failed).message).toMatch(/exports no function "http"/);
    for (const n of [0, 1, 2, 5, 6, 7, 8, 9]) {
      expect(values[n]).toEqual([n + 1, n + 2, n + 3]);
    }
  });

  it('hold a thread that is too far ahead of who listens', async () => {
    const count = cells();
    const subscription = work.counted(1e9, count).subscribe();
    await until(() => count[0]! > 0);

    // This thread takes nothing while it does not return to its event loop, and the other one cannot go on for ever.
    let before = -1;
    while (before !== count[0]) {
      before = count[0]!;
      Atomics.wait(cells(), 0, 0, 50);
    }
    subscription.unsubscribe();

    expect(count[0]).toBeLessThan(1e9);
    expect(await work.add(1, 2)).toBe(3);
  });

  it('hold a thread that is too far ahead of a loop that reads slowly, and let it go on', async () => {
    const count = cells();
    const reads: number[] = [];
    const ahead: number[] = [];

    for await (const value of work.counted(5000, count)) {
      reads.push(value);
      for (let before = -1; value % 2000 === 0 && before !== count[0];) {
        before = count[0]!;
        await new Promise((resolve) => setTimeout(resolve, 20));
        ahead.push(count[0]! - value);
      }
    }

    expect(Math.max(...ahead)).toBeLessThan(1100);
    expect(reads).toEqual(Array.from({ length: 5000 }, (_, n) => n));
  });

  it('lose no call when threads crash among them', async () => {
    const faults = threads<Faults>(moduleNamed('faults'), { maxThreads: 2 });

    const failures = await lastValueFrom(
      from(['exit', 'aggregate', 'exit', 'aggregate', 'http', 'exit', 'http', 'http'] as const).pipe(
        mergeMap((name) => failureOf(faults[name](1)).then(({ message }) => message.replace(/".*/, ''))),
        toArray(),
      ),
    );
    await faults[Symbol.asyncDispose]();

    const crash = 'The thread in which ';
    expect(failures.sort()).toEqual(['HTTP 1', 'HTTP 1', 'HTTP 1', crash, crash, crash, 'both', 'both']);
    expect(ThreadError.name).toBe('ThreadError');
  });
});
