import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

import { programOf, versions } from '../../support/nodes.mjs';
import { Redis } from '../../support/redis.ts';
import {
  callers,
  describeWithServer,
  failureOf,
  fleet,
  moduleNamed,
  startWorker,
  type Work,
  type WorkerProcess,
} from '../kit.ts';

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

  for (const version of versions.filter((each) => each !== '20')) {
    it(`runs a module in TypeScript on Node ${version}`, async () => {
      const file = new URL('typed.ts', moduleNamed('work'));
      writeFileSync(file, 'export const add = (a: number, b: number): number => a + b;');
      const typed = await startWorker(redis, { name: 'typed', version }, file, programOf(version));
      const work = fleet<Pick<Work, 'add'>>(file, { connection: redis.url, name: 'typed', version });

      expect(await work.add(1, 2)).toBe(3);

      await work[Symbol.asyncDispose]();
      await typed.end();
    });
  }
});
