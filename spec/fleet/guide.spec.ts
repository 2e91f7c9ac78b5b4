import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { examplesIn, type Example } from '../docs/example.ts';
import { run } from '../support/child-process.ts';
import { compile } from '../support/compile.ts';
import { freePort, Redis } from '../support/redis.ts';
import { startWorkerOf } from '../support/worker-processes.ts';
import { describeWithServer, failureOf, fleet, type WorkerProcess } from './kit.ts';

const PORT = '3000';
const SERVER = 'redis://localhost:6379';

const page = readFileSync(new URL('../../docs/guides/fleet.md', import.meta.url), 'utf8');
const examples = examplesIn('docs/guides/fleet.md');

function exampleAt(heading: string, index: number): Example {
  return examples.filter(({ name }) => name === heading)[index]!;
}

describeWithServer('The guide of the fleet', () => {
  const main = exampleAt('From threads to a fleet', 1);
  let redis: Redis;
  let files: ReadonlyMap<string, URL>;
  let worker: WorkerProcess;

  beforeAll(async () => {
    redis = await Redis.start();
    const sources = {
      '/texts.ts': exampleAt('From threads to a fleet', 0).code,
      '/main.ts': main.code,
      '/board.ts': exampleAt('Dashboards', 0).code.replace(`listen(${PORT},`, 'listen(process.env.PORT,'),
    };
    files = compile('fleet-guide', new Map(Object.entries(sources)));
    worker = await startWorkerOf(fileOf('/texts.ts'), { connection: redis.url });
  });

  afterAll(async () => {
    await worker.end();
    await redis.end();
  });

  function fileOf(name: string): string {
    return fileURLToPath(files.get(name)!);
  }

  it('comes from threads to a fleet by a worker and a variable', async () => {
    expect(page).toContain(`npx async-tamer-worker ./texts.js --connection ${SERVER}\n`);
    expect(page).toContain(`QUEUE_URL=${SERVER} node main.js\n`);

    const { stdout } = await run([fileOf('/main.ts')], { env: { QUEUE_URL: redis.url } });

    expect(stdout.split('\n').slice(0, -1)).toEqual([...main.expected]);
  });

  it('shows a dashboard on which a failed call is seen, and what it threw', async () => {
    const options = { connection: redis.url };
    await using work = fleet<{ lengthOf(text?: string): number }>(files.get('/texts.ts')!, options);
    await failureOf(work.lengthOf());
    const port = String(await freePort());
    const board = spawn(process.execPath, [fileOf('/board.ts')], {
      env: { ...process.env, QUEUE_URL: redis.url, PORT: port },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(board.stdout, 'data');

    const address = `http://localhost:${port}/queues`;
    const title = /<title>(.*)<\/title>/.exec(await textAt(address))?.[1];
    const failed = JSON.parse(await textAt(`${address}/api/queues?activeQueue=texts&status=failed`)) as Board;
    await ended(board);

    expect(title).toBe('Bull Dashboard');
    expect(failed.queues[0]?.counts.failed).toBe(1);
    expect(failed.queues[0]?.jobs[0]?.name).toBe('lengthOf');
    expect(failed.queues[0]?.jobs[0]?.failedReason).toMatch(/undefined/);
  });
});

/** What the dashboard answers, as far as it is looked at here. */
interface Board {
  readonly queues: readonly {
    readonly counts: { readonly failed: number };
    readonly jobs: readonly { readonly name: string; readonly failedReason: string }[];
  }[];
}

async function textAt(address: string): Promise<string> {
  return (await fetch(address)).text();
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
