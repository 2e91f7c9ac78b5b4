import type { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';

import type { ThreadLimits } from './options.ts';
import { ThreadError } from '../remote/thread-error.ts';

/** What this library uses of piscina. Its own types do not pass `exactOptionalPropertyTypes`. */
export interface Piscina {
  readonly threads: readonly Worker[];
  run(task: object, options: { signal: EventEmitter }): Promise<unknown>;
  destroy(): Promise<void>;
  on(event: 'message' | 'error', listener: (message: unknown) => void): void;
  on(event: 'workerDestroy', listener: (worker: PiscinaWorker) => void): void;
}

/** A thread, as piscina shows it to a load balancer. */
export interface PiscinaWorker {
  readonly id: number;
  readonly currentUsage: number;
  readonly terminating: boolean;
  readonly destroyed: boolean;
}

interface PiscinaOptions {
  readonly filename: string;
  readonly name: string;
  readonly workerData: unknown;
  readonly minThreads: number;
  readonly maxThreads: number;
  readonly idleTimeout: number;
  readonly resourceLimits?: ThreadLimits;
  readonly execArgv?: readonly string[];
  readonly atomics: 'disabled';
  readonly recordTiming: boolean;
  readonly loadBalancer: (
    task: Readonly<Record<symbol, unknown>>,
    workers: readonly PiscinaWorker[],
  ) => PiscinaWorker | null;
}

interface PiscinaPackage {
  readonly Piscina: new (options: PiscinaOptions) => Piscina;
  /** The key under which a task carries what the load balancer is given. */
  readonly queueOptionsSymbol: symbol;
}

const require = createRequire(import.meta.url);

let piscina: PiscinaPackage | undefined;

/** Loads piscina when the first thread is needed: modules that run in threads import this one, too. */
export function loadPiscina(): PiscinaPackage {
  return (piscina ??= peer('piscina', () => require('piscina') as PiscinaPackage));
}

/** Throws unless synckit is there. Only threads load it. */
export function requireSynckit(): void {
  peer('synckit', () => require.resolve('synckit'));
}

function peer<T>(name: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    throw new ThreadError(`Threads need the package ${name}. Install it: npm install ${name}`, {
      cause: error,
    });
  }
}

/** The file that a thread runs. It is beside this one; if a bundler has moved this one, it is in the package. */
export function workerFile(name: 'pool-worker' | 'sync-worker' | '../fleet/caller-thread'): string {
  const extension = /\.\w+$/.exec(import.meta.url)?.[0] ?? '.js';
  const beside = fileURLToPath(new URL(name + extension, import.meta.url));
  if (existsSync(beside)) {
    return beside;
  }
  try {
    const entry = require.resolve('async-tamer/threads');
    return join(dirname(entry), name + extname(entry));
  } catch (error) {
    const what = `Cannot find ${name}.js, which threads run: a bundler has moved the code away from it.`;
    throw new ThreadError(`${what} Keep "async-tamer" out of the bundle, as an external package.`, {
      cause: error,
    });
  }
}
