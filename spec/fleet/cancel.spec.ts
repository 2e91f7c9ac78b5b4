import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { firstValueFrom } from 'rxjs';

import { Redis, RedisServer } from '../support/redis.ts';
import {
  AsyncScope,
  aFleet,
  callers,
  describeWithOwnServer,
  describeWithServer,
  failureOf,
  fleetState,
  LEASE,
  moduleNamed,
  newDiary,
  ScopeError,
  startWorker,
  until,
} from './kit.ts';

describeWithServer('Cancelling a call to a fleet', () => {
  const here = aFleet();

  /** Nothing waits and nothing runs, anywhere. */
  async function isIdle(): Promise<boolean> {
    const { queued, running } = await fleetState(here.work);
    return queued + running === 0;
  }

  it('cleans up over there, which the scope here waits for', async () => {
    const diary = newDiary();
    const scope = new AsyncScope();
    const events: string[] = [];
    scope.events$.subscribe(({ type }) => events.push(type));
    scope.start(here.work.life(diary.path, 50));
    await diary.has(/begun/);

    scope.cancel();
    await scope.close();

    expect(diary.lines().at(-1)).toBe('cleaned up');
    expect(events).toEqual(['start', 'cancel', 'cleanup']);
    await until(isIdle);
  });

  it('is heard within 100 ms, and what the way takes', async () => {
    const delays: number[] = [];
    // The machine may be busy with something else, but not each time.
    while (delays.length < 100 && !delays.some((delay) => delay < 100)) {
      const before = performance.now();
      await here.work.add(1, 2);
      const way = performance.now() - before; // There and back: the longer, the busier the machine is.
      const diary = newDiary();
      const scope = new AsyncScope();
      scope.start(here.work.life(diary.path));
      await diary.has(/begun/);

      const start = Date.now();
      scope.cancel();
      await scope.close();

      delays.push(Number(/^cancelled (\d+)$/m.exec(diary.lines().join('\n'))?.[1]) - start - way);
    }

    expect(Math.min(...delays)).toBeLessThan(100);
  });

  it('raises what its cleanup throws as an error of the scope', async () => {
    const diary = newDiary();
    const scope = new AsyncScope();
    scope.start(here.work.failingCleanup(diary.path));
    await diary.has(/begun/);

    scope.cancel();
    const failure = (await failureOf(scope.close())) as AggregateError;

    expect(failure).toBeInstanceOf(ScopeError);
    expect(failure.errors).toEqual([new RangeError('cleanup failed')]);
  });

  it('ends its thread if it goes on for longer than the graceMs of the worker', async () => {
    const diary = newDiary();
    const scope = new AsyncScope();
    const stubborn = await startWorker(here.redis, { name: 'stubborn', graceMs: 20 });
    const others = callers(here.redis, { name: 'stubborn' });
    scope.start(others.spin(60_000, diary.path));
    await diary.has(/begun/);

    scope.cancel();
    await scope.close();

    expect(await others.add(1, 2)).toBe(3);
    await others[Symbol.asyncDispose]();
    await stubborn.end();
  });

  it('takes what waits out of the queue, thousands at once', async () => {
    const diary = newDiary();
    const scope = new AsyncScope();
    const many = callers(here.redis, { leaseMs: 60_000 }); // To start thousands may take a while.
    scope.start(many.life(diary.path));
    scope.start(many.life(diary.path));
    await diary.has(/begun/, 2);
    const queued = new AsyncScope();
    for (let index = 0; index < 2000; index++) {
      queued.start(many.begin(diary.path, 'never'));
    }
    await until(async () => (await fleetState(here.work)).queued === 2000);

    queued.cancel();
    await queued.close();
    scope.cancel();
    await scope.close();

    await until(isIdle);
    expect(diary.lines()).not.toContain('never');
    await many[Symbol.asyncDispose]();
  });

  it('takes back what has not been sent', async () => {
    const diary = newDiary();
    const scope = new AsyncScope();

    const result = scope.start(here.work.begin(diary.path));
    scope.cancel();
    await scope.close();

    expect(result.status).toBe('cancelled');
    expect(await here.work.add(1, 2)).toBe(3);
    expect(diary.lines()).toEqual([]);
  });

  it('stops a stream', async () => {
    const diary = newDiary();
    const scope = new AsyncScope();
    await firstValueFrom(scope.start(here.work.streamingLife(diary.path)));

    scope.cancel();
    await scope.close();

    expect(diary.lines()).toEqual(['cleaned up']);
  });

  describe('by the end of its caller', () => {
    function startCaller(...calls: readonly (readonly unknown[])[]): ChildProcess {
      const file = fileURLToPath(moduleNamed('caller'));
      const args = [file, here.redis.url, String(LEASE), ...calls.map((call) => JSON.stringify(call))];
      return spawn(process.execPath, args, { stdio: 'ignore' });
    }

    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      it(`by ${signal} ends what runs, and what waits never begins`, async () => {
        const diary = newDiary();
        const life = ['life', diary.path];
        const caller = startCaller(life, life, ['begin', diary.path, 'never']);
        await diary.has(/begun/, 2);
        await until(async () => (await fleetState(here.work)).queued === 1);

        caller.kill(signal);

        await diary.has(/cleaned up/, 2);
        await until(isIdle);
        expect(diary.lines()).not.toContain('never');
        caller.kill('SIGKILL');
      });
    }

    it('ends what these calls have called on other machines', async () => {
      const diary = newDiary();
      const inner = await startWorker(here.redis, { name: 'inner' });
      const caller = startCaller(['nested', here.redis.url, diary.path, LEASE]);
      await diary.has(/begun/);

      caller.kill('SIGKILL');

      expect(await diary.has(/cleaned up/)).toContain('cleaned up');
      await until(isIdle);
      await inner.end();
    });
  });

  it('ends what it has called itself, if its machine is lost, and runs it again elsewhere', async () => {
    const diary = newDiary();
    const inner = await startWorker(here.redis, { name: 'inner' });
    const middle = await startWorker(here.redis, { name: 'middle' });
    const others = callers(here.redis, { name: 'middle' });
    const scope = new AsyncScope();
    scope.start(others.nested(here.redis.url, diary.path, LEASE));
    await diary.has(/begun/);

    await middle.destroy();

    await diary.has(/cleaned up/);
    const next = await startWorker(here.redis, { name: 'middle' });
    await diary.has(/begun/, 2);
    scope.cancel();
    await scope.close();
    expect(diary.lines().filter((line) => line === 'cleaned up').length).toBe(2);
    await others[Symbol.asyncDispose]();
    await Promise.all([inner.end(), next.end()]);
  });

  it('is over when the machine that ran it is lost, and no other is up', async () => {
    const redis = await Redis.start();
    const worker = await startWorker(redis, { lockMs: LEASE / 2 });
    const work = callers(redis, { leaseMs: LEASE / 2 });
    const scope = new AsyncScope();
    await firstValueFrom(scope.start(work.streamingLife(newDiary().path)));

    await worker.destroy();
    scope.cancel();
    await scope.close();

    expect(await fleetState(work)).toEqual({ workers: 0, queued: 0, running: 0, failed: 0 });
    await work[Symbol.asyncDispose]();
    await redis.end();
  });

  describeWithOwnServer('out of contact', () => {
    it('is given up here when it has been ended there', async () => {
      const away = await RedisServer.start();
      const lone = await startWorker(away, { lockMs: 20 * LEASE }); // It looks for callers seldom, unless a lease is shorter.
      const those = callers(away);
      const diary = newDiary();
      const scope = new AsyncScope();
      const events: string[] = [];
      scope.events$.subscribe(({ type }) => events.push(type));
      scope.start(those.life(diary.path));
      await diary.has(/begun/);
      await until(async () => (await fleetState(those)).running === 1);

      away.signal('SIGSTOP');
      scope.cancel();
      await scope.close();

      expect(diary.lines().at(-1)).toBe('cleaned up');
      expect(events).toEqual(['start', 'cancel', 'abandon', 'cleanup']);
      away.signal('SIGCONT');
      await those[Symbol.asyncDispose]();
      await lone.end();
      await away.end();
    });
  });
});
