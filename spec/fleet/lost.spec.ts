import { Redis } from '../support/redis.ts';
import {
  AsyncScope,
  busy,
  callers,
  describeWithServer,
  failureOf,
  fleetEvents,
  FleetError,
  fleetState,
  LEASE,
  newDiary,
  sleep,
  startWorker,
  until,
  type Diary,
  type Fleet,
  type Work,
  type WorkerProcess,
} from './kit.ts';

type Failure = InstanceType<typeof FleetError>;

describeWithServer('A machine of a fleet', () => {
  let redis: Redis;
  let work: Fleet<Work>;

  beforeAll(async () => {
    redis = await Redis.start();
    work = callers(redis);
  });

  afterAll(async () => {
    await work[Symbol.asyncDispose]();
    await redis.end();
  });

  describe('that is lost', () => {
    let survivor: WorkerProcess;

    afterEach(() => survivor.end());

    /** Makes a call on a worker that is lost once the call has `begun`, while another worker is there. */
    async function lose<T>(
      call: () => Promise<T>,
      begun: () => Promise<unknown>,
    ): Promise<{ answer: Promise<T> }> {
      const victim = await startWorker(redis, { concurrency: 1 });
      const answer = call();
      await begun();
      survivor = await startWorker(redis);
      await victim.destroy();
      return { answer };
    }

    it('loses no call: it is run once more, and answers once', async () => {
      const diary = newDiary();
      const types: string[] = [];
      const subscription = fleetEvents(work).subscribe(({ type, attempt }) =>
        types.push(`${type} ${attempt}`),
      );
      const values: string[] = [];

      const { answer } = await lose(
        () => work.held(diary.path).forEach((value) => values.push(value)),
        () => diary.has(/begun/),
      );
      await diary.has(/begun/, 2);
      diary.add('go');
      await answer;

      subscription.unsubscribe();
      expect(values).toEqual(['held']);
      expect(diary.lines()).toEqual(['begun', 'begun', 'go', 'ended']);
      expect(types).toEqual(['sent 0', 'began 1', 'lost 2', 'retried 2', 'ended 2']);
    });

    it('fails its call as lost, if that is what was asked for', async () => {
      const once = callers(redis, { lost: 'fail' });
      const diary = newDiary();

      const { answer } = await lose(
        () => failureOf(once.held(diary.path)) as Promise<Failure>,
        () => diary.has(/begun/),
      );

      expect(await answer).toBeInstanceOf(FleetError);
      expect((await answer).code).toBe('lost');
      expect(diary.lines()).toEqual(['begun']);
      await once[Symbol.asyncDispose]();
    });

    it('fails a stream that has begun: it has no holes, and nothing comes twice', async () => {
      const diary = newDiary();
      const values: string[] = [];

      const { answer } = await lose(
        () =>
          failureOf(
            work.streamingLife(diary.path).forEach((value) => values.push(value)),
          ) as Promise<Failure>,
        () => until(() => values.length === 2),
      );

      expect(await answer).toBeInstanceOf(FleetError);
      expect((await answer).code).toBe('lost');
      expect(values).toEqual(['one', 'two']);
      await until(async () => (await fleetState(work)).running === 0);
    });
  });

  describe('that was taken for lost, and comes back', () => {
    it('ends what it ran, and what that answers is not heard', async () => {
      const diary = newDiary();
      const values: string[] = [];
      const paused = await startWorker(redis, { concurrency: 1 });
      const answered = work.held(diary.path).forEach((value) => values.push(value));
      await diary.has(/begun/);
      await until(async () => (await fleetState(work)).running === 1);

      paused.signal('SIGSTOP');
      const other = await startWorker(redis);
      await diary.has(/begun/, 2);
      paused.signal('SIGCONT');
      await sleep(LEASE / 2);
      diary.add('go');
      await answered;
      await sleep(LEASE / 2);

      expect(values).toEqual(['held']);
      expect((await fleetState(work)).running).toBe(0);
      expect(diary.lines().filter((line) => line === 'begun').length).toBe(2);
      await paused.end();
      await other.end();
    });
  });

  describe('whose caller was taken for lost, and comes back', () => {
    /** Keeps this thread from everything else until the worker has left the call, and for a while after that. */
    function sleepUntilLeft(diary: Diary): void {
      while (!diary.lines().includes('left')) {
        busy(50);
      }
      busy(LEASE / 2);
    }

    it('begins what it has refused, and runs once more what it has ended', async () => {
      const worker = await startWorker(redis, { concurrency: 1 });
      const sleeper = callers(redis);
      const [diary, other] = [newDiary(), newDiary()];
      const types: string[] = [];
      fleetEvents(sleeper).subscribe(({ type, call }) => types.push(`${type} ${call}`));
      const running = sleeper.leaving(diary.path).then((value) => value);
      await diary.has(/begun/);
      const waiting = sleeper.begin(other.path).then((value) => value);
      await until(async () => (await fleetState(sleeper)).queued === 1);

      sleepUntilLeft(diary);
      diary.add('go');

      expect(await running).toBe('done');
      expect(await waiting).toBe('begun');
      expect(diary.lines()).toEqual(['begun', 'left', 'go', 'begun', 'left']);
      expect(other.lines()).toEqual(['begun']);
      expect(types.filter((type) => type === 'retried leaving').length).toBe(1);
      await sleeper[Symbol.asyncDispose]();
      await worker.end();
    });

    it('fails what it has ended, if that is what was asked for', async () => {
      const worker = await startWorker(redis, { concurrency: 1 });
      const once = callers(redis, { lost: 'fail' });
      const diary = newDiary();
      const failure = failureOf(once.leaving(diary.path)) as Promise<Failure>;
      await diary.has(/begun/);

      sleepUntilLeft(diary);

      expect((await failure).code).toBe('lost');
      expect(diary.lines()).toEqual(['begun', 'left']);
      await once[Symbol.asyncDispose]();
      await worker.end();
    });

    it('ends for good what is cancelled meanwhile', async () => {
      const worker = await startWorker(redis, { concurrency: 1 });
      const sleeper = callers(redis);
      const diary = newDiary();
      const scope = new AsyncScope();
      scope.start(sleeper.leaving(diary.path));
      await diary.has(/begun/);

      sleepUntilLeft(diary);
      scope.cancel();
      await scope.close();
      await sleeper[Symbol.asyncDispose]();

      expect(diary.lines()).toEqual(['begun', 'left']);
      await worker.end();
    });
  });

  describe('that computes', () => {
    it('is not taken for lost: a loop that is busy for longer than the lock runs once', async () => {
      const worker = await startWorker(redis);
      const diary = newDiary();

      expect(await work.spin(1.5 * LEASE, diary.path)).toBe('spun');

      expect(diary.lines()).toEqual(['begun']);
      await worker.end();
    });
  });

  describe('that is killed by a call', () => {
    it('starts again; the call is tried twice at most, and kept among the failed', async () => {
      const worker = await startWorker(redis);
      const { failed } = await fleetState(work);
      const diary = newDiary();

      const failure = (await failureOf(work.crash(diary.path))) as Failure;

      expect(failure).toBeInstanceOf(FleetError);
      expect(failure.code).toBe('lost');
      expect(new Set(diary.lines()).size).toBe(2);
      await until(async () => (await fleetState(work)).failed === failed + 1);
      expect(await work.add(1, 2)).toBe(3);
      await worker.end();
    });

    it('is an error of the call alone, if that ends its thread', async () => {
      const worker = await startWorker(redis);

      const failure = await failureOf(work.leave());

      expect(failure.name).toBe('ThreadError');
      expect(failure.message).toContain('process.exit(3)');
      await worker.end();
    });
  });

  describe('that is told to end', () => {
    it('finishes what it runs, takes nothing more, and exits with 0', async () => {
      const worker = await startWorker(redis, { concurrency: 1 });
      const diary = newDiary();
      const running = work.held(diary.path).then((value) => value);
      await diary.has(/begun/);
      const late = work.add(1, 2).then((value) => value);

      const code = worker.end();
      await until(() => worker.output().includes('takes no more calls'));
      diary.add('go');

      expect(await code).toBe(0);
      expect(await running).toBe('held');
      expect((await fleetState(work)).queued).toBe(1);
      const next = await startWorker(redis);
      expect(await late).toBe(3);
      await next.end();
    });

    it('hands no stream back that has begun: it fails as lost, and is cleaned up', async () => {
      const worker = await startWorker(redis, { concurrency: 1, shutdownMs: 50 });
      const diary = newDiary();
      const values: string[] = [];
      const failed = failureOf(work.streamingLife(diary.path).forEach((value) => values.push(value)));
      await until(() => values.length === 2);

      expect(await worker.end()).toBe(0);

      expect(((await failed) as Failure).code).toBe('lost');
      expect(values).toEqual(['one', 'two']);
      expect(diary.lines()).toEqual(['cleaned up']);
    });

    it('finishes a stream that ends within shutdownMs', async () => {
      const worker = await startWorker(redis, { concurrency: 1 });
      const values: number[] = [];
      const done = work.countTo(20, 20).forEach((value) => values.push(value));
      await until(() => values.length > 0);

      expect(await worker.end()).toBe(0);
      await done;

      expect(values.length).toBe(20);
    });

    it('hands back what does not end within shutdownMs', async () => {
      const worker = await startWorker(redis, { concurrency: 1, shutdownMs: 50 });
      const diary = newDiary();
      const answer = work.held(diary.path).then((value) => value);
      await diary.has(/begun/);

      const code = await worker.end();
      const next = await startWorker(redis);
      await diary.has(/begun/, 2);
      diary.add('go');

      expect(code).toBe(0);
      expect(await answer).toBe('held');
      expect(diary.lines()).toEqual(['begun', 'begun', 'go', 'ended']);
      await next.end();
    });
  });
});
