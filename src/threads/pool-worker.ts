import {
  MessageChannel,
  parentPort,
  receiveMessageOnPort,
  threadId,
  workerData,
  type MessagePort,
} from 'node:worker_threads';

import { decode, type Failure } from '../remote/failures.ts';
import type { Outcome } from '../remote/outcome.ts';
import { load, type Source } from './exported.ts';
import { Run, send, type Request } from './run.ts';
import { Valve } from './valve.ts';

// The program of a thread of the pool: piscina imports it, and calls run(). Values and cancels have a port of their own, since
// piscina sends one message to a thread, and gets one back.

/** The first message that a thread sends. */
export interface Hello {
  readonly asyncTamer: 'hello';
  readonly threadId: number;
  readonly port: MessagePort;
  readonly cells: Int32Array<SharedArrayBuffer>;
}

/** A value that a call has emitted. */
export interface Emission {
  readonly id: number;
  readonly value: unknown;
}

export interface Cancel {
  readonly id: number;
  readonly reason: Failure;
}

const source = workerData as Source;
const { port1: port, port2 } = new MessageChannel();
const valve = new Valve();
let running: { readonly id: number; readonly run: Run; cancelled: boolean } | undefined;
// A cancel that came before its call, which travels by another port.
let early: Cancel | undefined;

const hello = { asyncTamer: 'hello', threadId, port: port2, cells: valve.cells };
parentPort?.postMessage(hello, [port2]);
port.on('message', cancel);
load(source).catch(() => {}); // Each call reports it.

function cancel(message: Cancel): void {
  if (running === undefined || message.id > running.id) {
    early = message;
  } else if (message.id === running.id && !running.cancelled) {
    running.cancelled = true;
    running.run.cancel(decode(message.reason));
  }
}

/** Runs one call, and fulfils when everything in it has ended. A thread runs one call at a time. */
export function run(request: Request): Promise<Outcome> {
  const { id, name } = request;
  return new Promise((resolve) => {
    const post = (value: unknown, moved: readonly object[]): void => {
      port.postMessage({ id, value }, moved as MessagePort[]);
    };
    const current = new Run(request, {
      emit(value) {
        valve.pass(id);
        if (valve.isCancelled(id)) {
          cancelInLoop();
        }
        send(name, value, post);
      },
      over(outcome) {
        running = undefined;
        resolve(hasPrinted() ? printed().then(() => outcome) : outcome);
      },
    });
    running = { id, run: current, cancelled: false };
    current.begin(source);
    if (early?.id === id) {
      cancel(early);
    }
  });
}

/** Fetches the cancel: while code emits in a loop, no message is delivered. */
function cancelInLoop(): void {
  for (;;) {
    const received = receiveMessageOnPort(port) as { readonly message: Cancel } | undefined;
    if (received === undefined) {
      return;
    }
    cancel(received.message);
  }
}

/** Waits until everything that was printed is written: the process may end when the call has ended. */
async function printed(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(written));
}

function hasPrinted(): boolean {
  return process.stdout.writableLength + process.stderr.writableLength > 0;
}

async function written(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}
