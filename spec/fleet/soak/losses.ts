import { Redis } from '../../support/redis.ts';
import {
  AsyncScope,
  callers,
  describeWithServer,
  fleetState,
  newDiary,
  sleep,
  startWorker,
  until,
  type WorkerProcess,
} from '../kit.ts';

/** How long machines get lost, in ms. */
const LONG = 30_000;

describeWithServer('A fleet whose machines get lost', () => {
  it('answers every call, and each of them once', async () => {
    const redis = await Redis.start();
    const work = callers(redis, { lost: 'retry' });
    const diary = newDiary();
    const workers: WorkerProcess[] = [await startWorker(redis), await startWorker(redis)];
    const scope = new AsyncScope({ errorMode: 'continue' });
    let answers = 0;
    let lost = 0;
    let made = 0;

    for (const start = performance.now(); performance.now() - start < LONG;) {
      for (let index = 0; index < 5; index++) {
        made++;
        scope.start(work.pause(20, diary.path)).then(
          () => answers++,
          () => lost++, // A call may lose two machines in a row.
        );
      }
      await sleep(100);
      if (made % 200 === 0) {
        const [victim] = workers.splice(0, 1);
        await victim?.destroy();
        workers.push(await startWorker(redis));
      }
    }
    await until(() => answers + lost === made);
    await scope.close().catch(() => {});

    expect(answers + lost).toBe(made);
    expect(lost).toBeLessThan(made / 100);
    await until(async () => (await fleetState(work)).running === 0);
    await work[Symbol.asyncDispose]();
    await Promise.all(workers.map((worker) => worker.end()));
    await redis.end();
  }, 180_000);
});
