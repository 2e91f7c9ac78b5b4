import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type * as Core from '../../src/index.ts';
import type * as Entry from '../../src/fleet/index.ts';
import type { Fleet, FleetOptions } from '../../src/fleet/index.ts';
import { compile, library } from '../support/compile.ts';
import { limits } from '../support/limits.ts';
import { Redis } from '../support/redis.ts';
import { LEASE, startWorkerOf, until, type WorkerProcess } from '../support/worker-processes.ts';
import type * as WorkModule from './work.ts';

export {
  command,
  describeWithOwnServer,
  describeWithServer,
  LEASE,
  until,
  type WorkerProcess,
} from '../support/worker-processes.ts';

// Workers are processes here, and library and modules what the compiler makes of the sources, as in the specs of threads.

const sources = ['work', 'caller'].map((name) => {
  const path = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  return [path, readFileSync(path, 'utf8')] as const;
});
const compiled = compile('fleet', new Map(sources));

/** The module of this name, beside this file, as workers load it. */
export function moduleNamed(name: string): URL {
  return new URL(`${name}.js`, [...compiled.values()][0]);
}

export const { AsyncScope, CancelledError, ScopeError, sleep, tamed } = (await import(
  new URL('index.js', library).href
)) as typeof Core;
export const { fleet, fleetEvents, fleetState, FleetError, serveFleet, withOptions } = (await import(
  new URL('fleet/index.js', library).href
)) as typeof Entry;

export type Work = typeof WorkModule;
export type { Fleet };

const folder = mkdtempSync(join(tmpdir(), 'async-tamer-fleet-'));
let lastDiary = 0;

/** A file into which calls write. */
export interface Diary {
  readonly path: string;
  lines(): string[];
  add(line: string): void;
  /** Fulfils when such a line is there, with all lines. */
  has(line: RegExp, times?: number): Promise<string[]>;
}

export function newDiary(): Diary {
  lastDiary++;
  const path = join(folder, `${lastDiary}.txt`);
  writeFileSync(path, '');
  const lines = (): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return {
    path,
    lines,
    add: (line) => appendFileSync(path, `${line}\n`),
    async has(line, times = 1) {
      await until(() => lines().filter((each) => line.test(each)).length >= times);
      return lines();
    },
  };
}

/** Starts a worker; fulfils when it takes calls. */
export async function startWorker(
  redis: Redis,
  options: Readonly<Record<string, string | number>> = {},
  module = moduleNamed('work'),
  program = process.execPath,
): Promise<WorkerProcess> {
  const flags = { connection: redis.url, lockMs: LEASE, concurrency: 2, ...options };
  return startWorkerOf(fileURLToPath(module), flags, program);
}

/** A caller of the module `work`. The server is there, so it is waited for, however busy the machine is. */
export function callers(redis: { readonly url: string }, options: FleetOptions = {}): Fleet<Work> {
  const usual = { connection: redis.url, leaseMs: LEASE, sendTimeout: limits.process };
  return fleet<Work>(moduleNamed('work'), { ...usual, ...options });
}

/** A server, a worker and a caller, for all specs of this description. None of them gets lost there. */
export function aFleet(options?: FleetOptions): { redis: Redis; work: Fleet<Work> } {
  const here = {} as { redis: Redis; work: Fleet<Work> };
  let worker: WorkerProcess;

  beforeAll(async () => {
    here.redis = await Redis.start();
    worker = await startWorker(here.redis, { lockMs: 20_000 });
    here.work = callers(here.redis, { leaseMs: 20_000, ...options });
  });

  afterAll(async () => {
    await here.work[Symbol.asyncDispose]();
    await worker.end();
    await here.redis.end();
  });

  return here;
}

/** Keeps this thread from everything else, but not its core from others. */
export function busy(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** What `action` is rejected with. */
export async function failureOf(action: PromiseLike<unknown>): Promise<Error> {
  try {
    await action;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It has not failed.');
}
