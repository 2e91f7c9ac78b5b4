import { createRequire } from 'node:module';

import type * as BullMQ from 'bullmq';

import { filter, firstValueFrom, shareReplay } from 'rxjs';

import { patience } from '../support/patience.ts';
import { Redis } from '../support/redis.ts';
import {
  AsyncScope,
  callers,
  describeWithServer,
  failureOf,
  fleetEvents,
  FleetError,
  fleetState,
  newDiary,
  startWorker,
  until,
  withOptions,
  type Fleet,
  type Work,
  type WorkerProcess,
} from './kit.ts';

type Failure = InstanceType<typeof FleetError>;

const { Queue } = createRequire(import.meta.url)('bullmq') as typeof BullMQ;

describeWithServer('The queue of a fleet', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = await Redis.start();
  });

  afterAll(() => redis.end());

  describe('without a worker', () => {
    const name = 'lonely';
    let work: Fleet<Work>;

    afterEach(() => work[Symbol.asyncDispose]());

    it('keeps calls until one is up, and warns once, with the command that starts one', async () => {
      const warnings: string[] = [];
      const note = (warning: Error): unknown => warnings.push(`${warning.name}: ${warning.message}`);
      process.on('warning', note);
      work = callers(redis, { name, version: '7' });
      const types: string[] = [];
      fleetEvents(work).subscribe(({ type }) => types.push(type));
      const waiting = [work.add(1, 2), work.add(3, 4)].map((call) => call.then((value) => value));
      await until(() => warnings.length > 0);

      const worker = await startWorker(redis, { name, version: '7' });

      expect(await Promise.all(waiting)).toEqual([3, 7]);
      expect(warnings).toEqual([
        jasmine.stringMatching(
          /^FleetWarning: .*npx async-tamer-worker .*work\.js --connection redis:\S+ --name lonely --version 7$/,
        ),
      ]);
      expect(types.filter((type) => type === 'no workers').length).toBe(1);
      process.off('warning', note);
      await worker.end();
    });

    it('fails a call that has waited for queueTimeout', async () => {
      work = callers(redis, { name, queueTimeout: 100 });

      const failure = (await failureOf(work.add(1, 2))) as Failure;

      expect(failure).toBeInstanceOf(FleetError);
      expect(failure.code).toBe('queueTimeout');
      expect(failure.message).toContain('No worker has begun "add" within 100 ms');
      expect((await fleetState(work)).queued).toBe(0);
    });

    it('refuses more than maxQueued calls of a fleet', async () => {
      work = callers(redis, { name, maxQueued: 2 });
      const scope = new AsyncScope();
      scope.start(work.add(1, 2));
      scope.start(work.add(1, 2));

      const failure = (await failureOf(work.add(1, 2))) as Failure;

      expect(failure.code).toBe('full');
      expect(failure.message).toMatch(/^Cannot call "add": 2 calls wait already\. .*"maxQueued"/);
      scope.cancel();
      await scope.close();
    });
  });

  describe('with a worker that is busy', () => {
    it('counts calls that wait for maxQueued, and lets those be late alone that have not begun', async () => {
      const worker = await startWorker(redis, { name: 'busy', concurrency: 1 });
      const patient = callers(redis, { name: 'busy' });
      await patient.add(1, 2); // Its thread has started.
      await patient[Symbol.asyncDispose]();
      const queueTimeout = patience(2000); // By then the first one has to begin.
      const work = callers(redis, { name: 'busy', maxQueued: 1, queueTimeout });
      const diary = newDiary();
      const began = fleetEvents(work).pipe(
        filter(({ type }) => type === 'began'),
        shareReplay(),
      );
      began.subscribe();
      const running = work.held(diary.path).then((value) => value);
      await firstValueFrom(began); // Its caller has been told, too.
      const waiting = failureOf(work.add(1, 2)) as Promise<Failure>;

      const full = (await failureOf(work.add(1, 2))) as Failure;

      expect(full.code).toBe('full');
      expect((await waiting).code).toBe('queueTimeout');
      diary.add('go');
      expect(await running).toBe('held');
      await work[Symbol.asyncDispose]();
      await worker.end();
    });
  });

  describe('of a version', () => {
    it('has its calls run by workers of the same alone', async () => {
      const workers = await Promise.all(['1', '2'].map((version) => startWorker(redis, { version })));
      const fleets = ['1', '2'].map((version) => callers(redis, { version }));

      const pids = await Promise.all(fleets.map(async (work) => [await work.pid(), await work.pid()]));

      expect(new Set(pids[0]).size).toBe(1);
      expect(new Set(pids[1]).size).toBe(1);
      expect(pids[0]![0]).not.toBe(pids[1]![0]);
      await Promise.all(fleets.map((work) => work[Symbol.asyncDispose]()));
      await Promise.all(workers.map((worker) => worker.end()));
    });
  });

  describe('is that of BullMQ', () => {
    let worker: WorkerProcess;
    let work: Fleet<Work>;

    beforeAll(async () => {
      worker = await startWorker(redis, { concurrency: 1 });
      work = callers(redis, { calls: { failTimes: { attempts: 2, backoff: 10 } } });
    });

    afterAll(async () => {
      await work[Symbol.asyncDispose]();
      await worker.end();
    });

    it('with its priorities', async () => {
      const diary = newDiary();
      const [held, order] = [newDiary(), ['late', 'early', 'first']];
      const scope = new AsyncScope();
      scope.start(work.held(held.path));
      await held.has(/begun/);
      const urgent = [withOptions(work, { priority: 9 }), withOptions(work, { priority: 1 }), work];
      const results = urgent.map((each, index) => scope.start(each.begin(diary.path, order[index])));
      await until(async () => (await fleetState(work)).queued === 3);

      held.add('go');
      await Promise.all(results);
      await scope.close();

      expect(diary.lines()).toEqual(['first', 'early', 'late']);
    });

    it('with its delays, which are exact to less than a second', async () => {
      const late: number[] = [];
      // The machine may be busy with something else, but not each time.
      while (late.length < 20 && !late.some((ms) => ms < 500)) {
        const start = performance.now();
        await withOptions(work, { delay: 200 }).add(1, 2);
        late.push(performance.now() - start - 200);
      }

      expect(Math.min(...late)).toBeGreaterThan(-10);
      expect(Math.min(...late)).toBeLessThan(500);
    });

    it('with times that are fractions of a ms', async () => {
      const exact = { leaseMs: 5000.5, name: 'exact' };
      const worker = await startWorker(redis, { lockMs: 5000.5, name: 'exact' });
      const others = callers(redis, exact);

      expect(await withOptions(others, { delay: 1.5 }).add(1, 2)).toBe(3);

      await others[Symbol.asyncDispose]();
      await worker.end();
    });

    it('with its attempts', async () => {
      const diary = newDiary();
      const types: string[] = [];
      const subscription = fleetEvents(work).subscribe(({ type }) => types.push(type));

      const failure = await failureOf(work.failTimes(9, diary.path, 0));

      subscription.unsubscribe();
      expect(failure.message).toBe('not yet');
      expect(diary.lines()).toEqual(['begun', 'begun']);
      expect(types.filter((type) => type !== 'began')).toEqual(['sent', 'retried', 'ended']);
    });

    it('with its failed jobs, which its dashboards show by what was thrown', async () => {
      await failureOf(work.fail('to be seen'));

      const queue = new Queue('work', { connection: { url: redis.url } });
      const [newest] = await queue.getFailed(0, 0);

      expect(newest?.name).toBe('fail');
      expect(newest?.failedReason).toBe('to be seen');
      expect(newest?.stacktrace?.[0]).toMatch(/work\.[jt]s/);
      await queue.close();
    });
  });
});
