import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

import type * as IORedis from 'ioredis';

import { busy, callers, describeWithServer, newDiary, sleep, startWorker, until } from '../kit.ts';
import { Redis } from '../../support/redis.ts';

const { Redis: Client } = createRequire(import.meta.url)('ioredis') as typeof IORedis;

const MIB = 2 ** 20;
/** A hundred times what may be under way. */
const VALUES = 1000;
const SIZE = 100_000;

describeWithServer('A stream of large values to a slow consumer', () => {
  it('fills no memory: not here, not on the server, and not in the worker', async () => {
    const redis = await Redis.start();
    const worker = await startWorker(redis, { concurrency: 1 });
    const work = callers(redis);
    const client = new Client(redis.url);
    const diary = newDiary();
    const pid = await work.pid();
    await work.echo('x'.repeat(SIZE));
    const sizes = async (): Promise<number[]> => [
      process.memoryUsage().rss,
      Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]),
      Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout) * 1024,
    ];
    const before = await sizes();
    let taken = 0;
    let isSlow = true;

    const done = work.texts(VALUES, SIZE, diary.path).forEach(() => {
      taken++;
      busy(isSlow ? 20 : 0);
    });
    await until(() => taken > 20);
    await sleep(500);
    const grown = (await sizes()).map((size, index) => (size - before[index]!) / MIB);
    isSlow = false;
    await done;

    expect(taken).toBe(VALUES);
    expect(Math.max(...grown)).toBeLessThan((VALUES * SIZE) / MIB / 2);
    expect(grown[1]).toBeLessThan(10);
    client.disconnect();
    await work[Symbol.asyncDispose]();
    await worker.end();
    await redis.end();
  }, 120_000);
});
