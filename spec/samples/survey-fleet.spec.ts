import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run, type Ended } from '../support/child-process.ts';
import { compile } from '../support/compile.ts';
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
    writeFileSync(join(folder, 'bb/long.js'), ' '.repeat(1e6));
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
    expect(expected).toMatch(/^bb 1\.0\.0 +1\.0 MB +3 +3$/m);
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

    async function startWorker(module = new URL('work.js', program)): Promise<WorkerProcess> {
      const options = { connection: redis.url, name: 'work', lockMs: LEASE, concurrency: 1 };
      const worker = await startWorkerOf(fileURLToPath(module), options);
      workers.push(worker);
      return worker;
    }

    it('prints the same tables, also if a worker is killed in the middle', async () => {
      const note = `${folder}-stopped`;
      const victim = await startWorker(stoppingAt('bb/index.js', note));

      const tables = tablesOf('--fleet', '--connection', redis.url);
      await until(() => existsSync(note)); // It has a call in hand, and does nothing more.
      await startWorker();
      await victim.destroy();

      expect(await tables).toBe(expected);
    });

    /** The same module, whose process writes a note and stops itself when it is to measure that file. */
    function stoppingAt(path: string, note: string): URL {
      const code = `
        import { writeFileSync } from 'node:fs';
        import * as work from ${JSON.stringify(new URL('work.js', program).href)};
        export const measureSome = (paths: readonly string[]) => {
          if (paths.some((each) => each.endsWith(${JSON.stringify(path)}))) {
            writeFileSync(${JSON.stringify(note)}, '');
            process.kill(process.pid, 'SIGSTOP');
          }
          return work.measureSome(paths);
        };`;
      return compile('survey-victim', new Map([['victim.ts', code]])).get('victim.ts')!;
    }
  });
});
