import { availableParallelism } from 'node:os';

import { areOptions, checkOptions } from '../execution/check-options.ts';
import { quote } from '../execution/errors.ts';
import { LONGEST, milliseconds } from '../execution/time.ts';
import { oneOf } from '../scope/options.ts';
import { inheritedExecArgv } from './exec-argv.ts';

/**
 * Limits for the memory of one thread. A thread that exceeds them crashes, and the process goes on.
 *
 * @example
 * ```ts
 * import { threads, type ThreadLimits } from 'async-tamer/threads';
 *
 * const small: ThreadLimits = { maxOldGenerationSizeMb: 16 };
 * const url = 'data:text/javascript,export const fill = () => { for (const all = [];;) all.push(new Array(1e5).fill(0)); }';
 * await using work = threads<{ fill(): void }>(url, { resourceLimits: small });
 * await work.fill().catch((error: Error) => console.log(error.name));
 * // => ThreadError
 * ```
 */
export interface ThreadLimits {
  /** The size of the heap for long-lived objects, in MB. */
  readonly maxOldGenerationSizeMb?: number;
  /** The size of the heap for new objects, in MB. */
  readonly maxYoungGenerationSizeMb?: number;
  /** The memory for generated code, in MB. */
  readonly codeRangeSizeMb?: number;
  /** The size of the stack, in MB. Default: 4. */
  readonly stackSizeMb?: number;
}

/**
 * The options of {@link threads}.
 *
 * @example
 * ```ts
 * import { threads, type ThreadsOptions } from 'async-tamer/threads';
 *
 * const few: ThreadsOptions = { maxThreads: 1, exitMode: 'cancel' };
 * const url = 'data:text/javascript,export const square = (n) => n * n';
 * await using work = threads<{ square(n: number): number }>(url, few);
 * console.log(await work.square(3));
 * // => 9
 * ```
 */
export interface ThreadsOptions {
  /** How many threads are kept after the first call. Default: 0. */
  readonly minThreads?: number;
  /**
   * How many calls run at once, each in its own thread; the rest wait in a queue, first come, first served. Default: the number
   * of cores.
   */
  readonly maxThreads?: number;
  /** How long a thread beyond `minThreads` waits for another call before it ends, in ms. Default: 10 000. */
  readonly idleTimeout?: number;
  /** How long a cancelled call may go on before its thread is ended, in ms. `Infinity`: for ever. Default: 1000. */
  readonly graceMs?: number;
  /** What closing does with calls that run or wait: it waits for them, or cancels them. Default: `'wait'`. */
  readonly exitMode?: 'wait' | 'cancel';
  /** How much memory each thread may use. Default: V8's limits. */
  readonly resourceLimits?: ThreadLimits;
  /** Flags of Node for the threads, such as `['--import', 'tsx']`. Default: those of this process, without `--input-type`. */
  readonly execArgv?: readonly string[];
}

/** The options, checked and complete. */
export interface CheckedThreadsOptions {
  readonly minThreads: number;
  readonly maxThreads: number;
  readonly idleTimeout: number;
  readonly graceMs: number | undefined;
  readonly exitMode: 'wait' | 'cancel';
  readonly resourceLimits: ThreadLimits | undefined;
  readonly execArgv: string[] | undefined;
}

const known = [
  'minThreads',
  'maxThreads',
  'idleTimeout',
  'graceMs',
  'exitMode',
  'resourceLimits',
  'execArgv',
] satisfies readonly (keyof ThreadsOptions)[];

/** Checks the options, and fills in the defaults. Throws a `TypeError` that quotes the wrong value. */
export function checkThreadsOptions(options: ThreadsOptions): CheckedThreadsOptions {
  checkOptions('threads()', options, known, checkThreadsOptions);
  const { minThreads = 0, graceMs = 1000, exitMode = 'wait', resourceLimits, execArgv } = options;
  count('minThreads', minThreads, 0);
  const { idleTimeout = 10_000, maxThreads = Math.max(availableParallelism(), minThreads) } = options;
  count('maxThreads', maxThreads, 1);
  if (minThreads > maxThreads) {
    throw new TypeError(
      `The option "minThreads" is at most "maxThreads", which is ${maxThreads}, but got ${minThreads}.`,
    );
  }
  oneOf('exitMode', exitMode, ['wait', 'cancel']);
  checkLimits(resourceLimits);
  if (
    execArgv !== undefined &&
    !(Array.isArray(execArgv) && execArgv.every((flag) => typeof flag === 'string'))
  ) {
    throw new TypeError(`The option "execArgv" is an array of strings, but got ${quote(execArgv)}.`);
  }
  return {
    minThreads,
    maxThreads,
    idleTimeout: milliseconds('idleTimeout', idleTimeout) ?? Infinity,
    graceMs: milliseconds('graceMs', graceMs),
    exitMode,
    resourceLimits,
    execArgv: execArgv === undefined ? inheritedExecArgv(process.execArgv) : [...execArgv],
  };
}

function count(option: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new TypeError(
      `The option "${option}" is a whole number from ${least} on, but got ${quote(value)}.`,
    );
  }
}

const limits = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'];

function checkLimits(given: ThreadLimits | undefined): void {
  if (given === undefined) {
    return;
  }
  if (!areOptions(given, limits)) {
    throw new TypeError(`The option "resourceLimits" is an object, but got ${quote(given)}.`);
  }
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    oneOf('resourceLimits', name, limits);
    if (typeof value !== 'number' || !(value > 0 && value <= LONGEST)) {
      throw new TypeError(`The limit "${name}" is a size in MB above 0, but got ${quote(value)}.`);
    }
  }
}
