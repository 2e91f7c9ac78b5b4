import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { fleet, fleetState } from '../../src/fleet/index.ts';
import { run, type Ended } from '../support/child-process.ts';
import { Redis } from '../support/redis.ts';
import {
  describeWithServer,
  LEASE,
  startWorkerOf,
  until,
  type WorkerProcess,
} from '../support/worker-processes.ts';
import { compileSurvey } from './compile-survey.ts';

describe('The survey on a fleet', () => {
  let program: URL;
  let folder: string;
  let expected: string;

  beforeAll(async () => {
    program = compileSurvey();
    folder = mkdtempSync(join(tmpdir(), 'survey-'));
    for (const name of ['a', 'bb', 'ccc']) {
      mkdirSync(join(folder, name));
      const manifest = { name, version: '1.0.0', license: 'MIT' };
      writeFileSync(join(folder, name, 'package.json'), JSON.stringify(manifest));
      writeFileSync(join(folder, name, 'index.js'), 'one\ntwo\n');
    }
    // Long enough to be met in the middle, and no space on the disk.
    writeFileSync(join(folder, 'bb/long.js'), '');
    truncateSync(join(folder, 'bb/long.js'), 1e8);
    expected = await tablesOf('--threads', '2');
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  function survey(...args: string[]): Promise<Ended> {
    return run([fileURLToPath(program), '--timeout', '60000', ...args, folder]);
  }

  /** All that it prints but how long it took. */
  async function tablesOf(...args: string[]): Promise<string> {
    const { stdout } = await survey(...args);
    return stdout.replace(/ in [\d.]+ s/, '').replace(/^.* files opened.*\n/m, '');
  }

  it('finds in threads of this machine what --threads does, if no server is named', async () => {
    expect(expected).toMatch(/^bb 1\.0\.0 +100\.0 MB +3 +3$/m);
    expect(expected).toContain('2 files are copies of others');
    expect(await tablesOf('--fleet')).toBe(expected);
  });

  it('says in one line that the server cannot be reached, and exits with 2', async () => {
    const { stdout, stderr, code } = await survey('--fleet', '--connection', 'redis://127.0.0.1:1');

    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr).toMatch(/^.*could not be reached.*ECONNREFUSED.*\n$/);
  });

  describeWithServer('with a server', () => {
    let redis: Redis;
    const workers: WorkerProcess[] = [];

    beforeEach(async () => {
      redis = await Redis.start();
    });

    afterEach(async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.end()));
      await redis.end();
    });

    async function startWorker(): Promise<WorkerProcess> {
      const options = { connection: redis.url, lockMs: LEASE, concurrency: 1 };
      const worker = await startWorkerOf(fileURLToPath(new URL('work.js', program)), options);
      workers.push(worker);
      return worker;
    }

    it('prints the same tables, also if a worker is killed in the middle', async () => {
      const victim = await startWorker();
      await using work = fleet(new URL('work.js', program), { connection: redis.url });
      await fleetState(work); // It is connected, and misses nothing.

      let tables: Promise<string>;
      do {
        tables = tablesOf('--fleet', '--connection', redis.url);
      } while (!(await isMet(victim, tables, async () => (await fleetState(work)).running === 1)));
      await startWorker();
      await victim.destroy();

      expect(await tables).toBe(expected);
    });

    /** Stops the worker when it has a call in hand. False if all is over before that. */
    async function isMet(
      worker: WorkerProcess,
      all: Promise<unknown>,
      isBusy: () => Promise<boolean>,
    ): Promise<boolean> {
      let isOver = false;
      let met = false;
      const over = (): void => {
        isOver = true;
      };
      void all.then(over, over);
      await until(async () => {
        if (await isBusy()) {
          worker.signal('SIGSTOP');
          met = await isBusy();
          if (!met) {
            worker.signal('SIGCONT'); // It had just ended that one.
          }
        }
        return met || isOver;
      });
      return met;
    }
  });
});
