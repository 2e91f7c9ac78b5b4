import { availableParallelism } from 'node:os';

import { checkOptions } from '../execution/check-options.ts';
import { quote } from '../execution/errors.ts';
import { milliseconds } from '../execution/time.ts';
import { oneOf } from '../scope/options.ts';

/**
 * How calls of a function go through the queue, for {@link FleetOptions.calls} and {@link withOptions}. These are options of
 * BullMQ, whose documentation has the details. Without a `connection` they have no effect.
 *
 * @example
 * ```ts
 * import { fleet, withOptions, type CallOptions } from 'async-tamer/fleet';
 *
 * const patient: CallOptions = { attempts: 3, backoff: { type: 'exponential', delay: 1000 } };
 * await using work = fleet<{ square(n: number): number }>('data:text/javascript,export const square = (n) => n * n');
 * console.log(await withOptions(work, patient).square(3));
 * // => 9
 * ```
 */
export interface CallOptions {
  /** From 1, the first to go, to 2 097 151. Calls without a priority go before all of these. */
  readonly priority?: number;
  /** How long the call waits before it may begin, in ms. */
  readonly delay?: number;
  /** How many times the call is tried, as long as its function fails and has emitted nothing. Default: 1. */
  readonly attempts?: number;
  /** How long to wait between two attempts, in ms. With `{ type: 'exponential', delay: 1000 }` the time doubles. */
  readonly backoff?:
    | number
    | {
        /** Whether the time grows: twice as long after each attempt. */
        readonly type: 'fixed' | 'exponential';
        /** How long it is at first, in ms. */
        readonly delay: number;
      };
}

/**
 * The options of a {@link fleet}.
 *
 * @example
 * ```ts
 * import { fleet, type FleetOptions } from 'async-tamer/fleet';
 *
 * const patient: FleetOptions = { leaseMs: 30_000, lost: 'fail' }; // and usually { connection: 'redis://…' }
 * await using work = fleet<{ square(n: number): number }>('data:text/javascript,export const square = (n) => n * n', patient);
 * console.log(await work.square(3));
 * // => 9
 * ```
 */
export interface FleetOptions {
  /**
   * The Redis or Valkey that holds the queue: its URL, or options of ioredis. Default: none; then the calls run in threads of
   * this machine.
   */
  readonly connection?: string | object | undefined;
  /** The name of the queue, shared with the workers. Default: the name of the module's file, without its ending. */
  readonly name?: string;
  /**
   * The version of the code: only workers with the same version run these calls. Default: none; then any worker without one does.
   */
  readonly version?: string;
  /** How long caller and worker may be out of contact before each takes the other for lost, in ms. Default: 10 000. */
  readonly leaseMs?: number;
  /** Whether a call whose worker is lost is run once more, or fails. Default: `'retry'`. */
  readonly lost?: 'retry' | 'fail';
  /** How long a call may wait in the queue before it fails, in ms. Default: for ever. */
  readonly queueTimeout?: number;
  /** How long to try to put a call into the queue, in ms, while this thread is not busy. Default: 10 000. */
  readonly sendTimeout?: number;
  /** How many calls of this fleet may wait at once. The next one fails. Default: 10 000. */
  readonly maxQueued?: number;
  /** The largest arguments of a call, and the largest value, in bytes. Default: 1 MiB. */
  readonly maxPayload?: number;
  /** How long the server keeps the outcome of a call, in ms, for callers that were out of contact. Default: 60 000. */
  readonly resultTtl?: number;
  /** Whether closing waits for calls that run or queue, or cancels them. Default: `'wait'`. */
  readonly exitMode?: 'wait' | 'cancel';
  /** Options for the calls of single functions. */
  readonly calls?: Readonly<Record<string, CallOptions>>;
}

/**
 * The options of {@link serveFleet}. Each is also an option of the command `async-tamer-worker`.
 *
 * @example
 * ```ts
 * import { serveFleet, type ServeOptions } from 'async-tamer/fleet';
 *
 * const options: ServeOptions = { connection: 'redis://localhost:6379', concurrency: 4 };
 * const serve = () => serveFleet(new URL('./work.js', import.meta.url), options);
 * console.log(typeof serve);
 * // => function
 * ```
 */
export interface ServeOptions {
  /** The Redis or Valkey that holds the queue: its URL, or options of ioredis. */
  readonly connection: string | object;
  /** The name of the queue, shared with the callers. Default: the name of the module's file, without its ending. */
  readonly name?: string;
  /** The version of the code: only calls with the same version run here. Default: none; then any call without one does. */
  readonly version?: string;
  /** How many calls run at once, each in a thread of its own. Default: as many as there are cores. */
  readonly concurrency?: number;
  /** How long after its last sign of life a worker is taken for lost, in ms. Default: 10 000. */
  readonly lockMs?: number;
  /** How long a cancelled call may go on before its thread is ended, in ms. Default: 1000. */
  readonly graceMs?: number;
  /** When the worker is to end: how long its calls may go on before they are handed back, in ms. Default: 10 000. */
  readonly shutdownMs?: number;
}

/** Checked, and complete. */
export interface CheckedFleetOptions {
  readonly connection: object | undefined;
  readonly queue: string;
  readonly leaseMs: number;
  readonly lost: 'retry' | 'fail';
  readonly queueTimeout: number | undefined;
  readonly sendTimeout: number;
  readonly maxQueued: number;
  readonly maxPayload: number;
  readonly resultTtl: number;
  readonly exitMode: 'wait' | 'cancel';
  readonly calls: Readonly<Record<string, CallOptions>>;
}

export interface CheckedServeOptions {
  readonly connection: object;
  readonly queue: string;
  readonly concurrency: number;
  readonly lockMs: number;
  readonly graceMs: number | undefined;
  readonly shutdownMs: number;
}

const known = [
  ...(['connection', 'name', 'version', 'leaseMs', 'lost', 'queueTimeout', 'sendTimeout'] as const),
  ...(['maxQueued', 'maxPayload', 'resultTtl', 'exitMode', 'calls'] as const),
] satisfies readonly (keyof FleetOptions)[];

/** Throws a `TypeError` that quotes what is wrong. */
export function checkFleetOptions(href: string, options: FleetOptions): CheckedFleetOptions {
  checkOptions('fleet()', options, known, checkFleetOptions);
  const { connection, leaseMs = 10_000, lost = 'retry', queueTimeout, sendTimeout = 10_000 } = options;
  const {
    maxQueued = 10_000,
    maxPayload = 2 ** 20,
    resultTtl = 60_000,
    exitMode = 'wait',
    calls = {},
  } = options;
  oneOf('lost', lost, ['retry', 'fail']);
  oneOf('exitMode', exitMode, ['wait', 'cancel']);
  count('maxQueued', maxQueued, 1);
  count('maxPayload', maxPayload, 1);
  checkCalls(calls);
  return {
    connection: connection === undefined ? undefined : connectionOf(connection),
    queue: queueOf(href, options.name, options.version),
    leaseMs: time('leaseMs', leaseMs, 10),
    lost,
    queueTimeout: milliseconds('queueTimeout', queueTimeout),
    sendTimeout: time('sendTimeout', sendTimeout, 1),
    maxQueued,
    maxPayload,
    resultTtl: time('resultTtl', resultTtl, 1000),
    exitMode,
    calls,
  };
}

const knownToServe = [
  ...(['connection', 'name', 'version', 'concurrency', 'lockMs', 'graceMs', 'shutdownMs'] as const),
] satisfies readonly (keyof ServeOptions)[];

/** Throws a `TypeError` that quotes what is wrong. */
export function checkServeOptions(href: string, options: ServeOptions): CheckedServeOptions {
  checkOptions('serveFleet()', options, knownToServe, checkServeOptions);
  const { connection, concurrency = availableParallelism(), lockMs = 10_000 } = options;
  const { graceMs = 1000, shutdownMs = 10_000 } = options;
  count('concurrency', concurrency, 1);
  return {
    connection: connectionOf(connection),
    queue: queueOf(href, options.name, options.version),
    concurrency,
    lockMs: time('lockMs', lockMs, 10),
    graceMs: milliseconds('graceMs', graceMs),
    shutdownMs: time('shutdownMs', shutdownMs, 0),
  };
}

const callOptions = ['priority', 'delay', 'attempts', 'backoff'] satisfies readonly (keyof CallOptions)[];

/** Throws a `TypeError` that quotes what is wrong; `what` is whose options they are. */
export function checkCallOptions(what: string, options: CallOptions): CallOptions {
  checkOptions(what, options, callOptions, checkCallOptions);
  const { priority, delay, attempts, backoff } = options;
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 2_097_151)) {
    throw new TypeError(
      `The option "priority" is a whole number from 0 to 2097151, but got ${quote(priority)}.`,
    );
  }
  milliseconds('delay', delay);
  if (attempts !== undefined) {
    count('attempts', attempts, 1);
  }
  if (typeof backoff === 'object') {
    oneOf('backoff.type', backoff.type, ['fixed', 'exponential']);
    milliseconds('backoff.delay', backoff.delay);
  } else {
    milliseconds('backoff', backoff);
  }
  return options;
}

function checkCalls(calls: unknown): void {
  if (typeof calls !== 'object' || calls === null) {
    throw new TypeError(`The option "calls" is an object, but got ${quote(calls)}.`);
  }
  for (const [name, options] of Object.entries(calls)) {
    checkCallOptions(`"${name}" in "calls"`, options as CallOptions);
  }
}

function connectionOf(connection: unknown): object {
  if (typeof connection === 'object' && connection !== null && !(connection instanceof URL)) {
    return connection;
  }
  const url = connection instanceof URL ? connection.href : connection;
  if (typeof url === 'string' && /^rediss?:\/\//.test(url) && URL.canParse(url)) {
    return { url };
  }
  throw new TypeError(
    `The option "connection" is the URL of a Redis or Valkey, such as redis://localhost:6379, or an object with ` +
      `options of ioredis, but got ${quote(connection)}.`,
  );
}

/** The name of a queue: calls and workers with the same meet. BullMQ takes no colons. */
function queueOf(href: string, name: unknown, version: unknown): string {
  const file = href.startsWith('file:') ? /([^/]+?)(?:\.\w+)?$/.exec(new URL(href).pathname)?.[1] : undefined;
  const own = text('name', name ?? file ?? 'module');
  return version === undefined ? own : `${own}@${text('version', version)}`;
}

function text(option: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[\w.%~@-]{1,100}$/.test(value)) {
    throw new TypeError(
      `The option "${option}" is made of letters, digits, ".", "-" and "_", at most 100, but got ${quote(value)}.`,
    );
  }
  return value;
}

function time(option: string, value: number, least: number): number {
  const ms = milliseconds(option, value);
  if (ms === undefined || ms < least) {
    throw new TypeError(`The option "${option}" is a time in ms, from ${least} on, but got ${quote(value)}.`);
  }
  return ms;
}

function count(option: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new TypeError(
      `The option "${option}" is a whole number from ${least} on, but got ${quote(value)}.`,
    );
  }
}
