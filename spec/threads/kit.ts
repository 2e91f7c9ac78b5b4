import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as Rxjs from 'rxjs';

import type * as Core from '../../src/index.ts';
import type * as Entry from '../../src/threads/index.ts';
import { compile, library, rxjs } from '../support/compile.ts';
import type * as BackgroundModule from './background.ts';
import type * as CounterModule from './counter.ts';
import type * as FaultsModule from './faults.ts';
import type * as WorkModule from './work.ts';

// Threads are started by the hundred here, and ts-node takes ten times as long for one as Node itself: so all of it, library
// and modules, is what the compiler makes of the sources.

const sources = ['work', 'faults', 'counter', 'background'].map((name) => {
  const path = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  return [path, readFileSync(path, 'utf8')] as const;
});
const compiled = compile('threads', new Map(sources));

/** The module of this name, beside this file, as threads load it. */
export function moduleNamed(name: string): URL {
  return new URL(`${name}.js`, [...compiled.values()][0]);
}

export { library };

export const {
  AsyncScope,
  CancelledError,
  ScopeError,
  BlockingError,
  abortSignal,
  cleanup,
  sleep,
  synchronous,
  tamed,
} = (await import(new URL('index.js', library).href)) as typeof Core;
export const { ThreadError, threads, transfer } = (await import(
  new URL('threads/index.js', library).href
)) as typeof Entry;

/** The RxJS of that library, which has its errors and its configuration. */
export const { config, EmptyError } = (await import(new URL('index.js', rxjs).href)) as typeof Rxjs;

export type Work = typeof WorkModule;
export type Faults = typeof FaultsModule;
export type Counter = typeof CounterModule;
export type Background = typeof BackgroundModule;

export type Threads<M> = Entry.Threads<M>;

/** Something that two threads can see. */
export function cells(length = 1): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
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

/** What `action` throws. */
export function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It has not thrown.');
}

/** Looks again and again whether it is so; a spec's time limit ends that. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Lets go who waits for that cell: see `hold`. */
export function release(held: Int32Array, own: number): void {
  Atomics.store(held, own, 1);
  Atomics.notify(held, own);
}
