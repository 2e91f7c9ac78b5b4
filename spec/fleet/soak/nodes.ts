import { spawnSync } from 'node:child_process';

import { programOf, versions } from '../../support/nodes.mjs';
import { Redis } from '../../support/redis.ts';
import { callers, describeWithServer, failureOf, startWorker, type WorkerProcess } from '../kit.ts';

const values = [
  undefined,
  [NaN, -0, 10n],
  new Map([['a', new Set([1])]]),
  new Date(7),
  /a/giu,
  new Uint8Array([1, 2, 3]),
  new BigInt64Array([4n]),
];

describeWithServer('A fleet of machines with different Nodes', () => {
  let redis: Redis;
  const workers: WorkerProcess[] = [];

  beforeAll(async () => {
    redis = await Redis.start();
    for (const version of versions) {
      workers.push(await startWorker(redis, { version }, undefined, programOf(version)));
    }
  }, 300_000);

  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.end()));
    await redis.end();
  });

  for (const version of versions) {
    it(`sends values and errors to Node ${version} and back`, async () => {
      const work = callers(redis, { version });
      const { stdout } = spawnSync(programOf(version), ['--version'], { encoding: 'utf8' });

      expect(`v${await work.nodeVersion()}`).toBe(stdout.trim());
      expect(await work.echo(values)).toEqual(values);
      const failure = await failureOf(work.fail('there'));
      expect(failure).toBeInstanceOf(RangeError);
      expect(failure.cause).toEqual(new TypeError('why'));
      await work[Symbol.asyncDispose]();
    });
  }
});
