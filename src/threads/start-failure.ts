import { MessageChannel, receiveMessageOnPort, Worker, type WorkerOptions } from 'node:worker_threads';

import type { CheckedThreadsOptions } from './options.ts';
import type { Exit } from './crash.ts';
import { flagsForThreads } from './exec-argv.ts';
import { decode, type Failure } from '../remote/failures.ts';
import type { Source } from './exported.ts';
import { workerFile } from './peers.ts';

/** A thread that inherits nothing of what may keep a thread from starting: no flag, and none of `NODE_OPTIONS`. */
export function apart(code: string, options: WorkerOptions = {}): Worker {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const worker = new Worker(code, { eval: true, execArgv: [], env, name: 'async-tamer watcher', ...options });
  worker.unref();
  return worker;
}

/** How the other thread has ended. */
type End = { readonly failure: Failure } | Exit;

// Starts a thread in the way in which the one that failed was started, but for the module, and tells how that ends. It is asked
// for an answer, too: if that comes, it has started well.
const code = `
const { MessageChannel, Worker, workerData } = require('node:worker_threads');
const { file, options, env, source, port, told } = workerData;
function tell(end) {
  port.postMessage(end);
  Atomics.store(told, 0, 1);
  Atomics.notify(told, 0);
}
function failureOf(thrown) {
  if (!(thrown instanceof Error)) {
    return { kind: 'value', value: thrown };
  }
  const { name, message, stack, code } = thrown;
  const own = code === undefined ? [] : [['code', { kind: 'value', value: String(code) }]];
  return { kind: 'error', type: name, name, message, stack, own, hidden: [] };
}
const [messages, answers, life] = [new MessageChannel(), new MessageChannel(), new MessageChannel()];
try {
  const worker = new Worker(file, {
    ...options,
    env,
    stdout: true,
    stderr: true,
    workerData: {
      sharedBufferView: new Int32Array(new SharedArrayBuffer(4)),
      begun: new Int32Array(new SharedArrayBuffer(4)),
      workerPort: messages.port2,
      answers: answers.port2,
      life: life.port2,
      source,
    },
    transferList: [messages.port2, answers.port2, life.port2],
  });
  worker.on('error', (error) => tell({ failure: failureOf(error) }));
  worker.on('exit', (exitCode) => tell({ exitCode }));
  messages.port1.on('message', () => tell(undefined));
  worker.postMessage({ id: 1, args: [{ id: 1, name: '', args: [] }] });
} catch (error) {
  tell({ failure: failureOf(error) });
}`;

/** How long the other thread may take. It does what has failed just before, so that takes as long. */
const LIMIT = 10_000;

/**
 * Why the thread of `block()` has ended before it ran anything: an error, or its {@link Exit}. Node tells of that
 * by events, and this thread sleeps. So another one repeats the start, and hears them. Undefined if that start succeeds.
 */
export function whyNotStarted(
  { resourceLimits, execArgv }: CheckedThreadsOptions,
  tsNode: Source['tsNode'],
): unknown {
  const told = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const workerData = {
    file: workerFile('sync-worker'),
    options: { resourceLimits, execArgv: execArgv ?? flagsForThreads(process.execArgv) },
    env: { ...process.env },
    source: { url: 'data:text/javascript,', tsNode },
    port: port2,
    told,
  };
  const worker = apart(code, { workerData, transferList: [port2] });
  Atomics.wait(told, 0, 0, LIMIT);
  const received: { readonly message: End | undefined } | undefined = receiveMessageOnPort(port1);
  const end = received?.message;
  void worker.terminate();
  port1.close();
  return end !== undefined && 'failure' in end ? decode(end.failure) : end;
}
