import {
  MessageChannel,
  parentPort,
  receiveMessageOnPort,
  threadId,
  workerData,
  type MessagePort,
} from 'node:worker_threads';

import { decode, encode, type Failure } from '../remote/failures.ts';
import { unpack } from '../remote/codec.ts';
import { FleetError } from '../remote/fleet-error.ts';
import type { Outcome, PackedOutcome } from '../remote/outcome.ts';
import { packOutcome, packValue, weightOf } from '../remote/payload.ts';
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
  /** How many it counts for. Default: 1. */
  readonly weight?: number;
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
export function run(request: Request): Promise<Outcome | PackedOutcome> {
  const { id } = request;
  return new Promise((resolve) => {
    const { args, emit, answer } =
      request.packed === undefined ? here(request) : elsewhere(request, request.packed);
    const over = (outcome: Outcome): void => {
      running = undefined;
      const answered = answer(outcome);
      resolve(hasPrinted() ? printed().then(() => answered) : answered);
    };
    let opened: readonly unknown[];
    try {
      opened = args();
    } catch (error) {
      over({ failure: encode(error), cleanup: [] });
      return;
    }
    const current = new Run({ ...request, args: opened }, { emit, over });
    running = { id, run: current, cancelled: false };
    current.begin(source);
    if (early?.id === id) {
      cancel(early);
    }
  });
}

/** How values come and go. */
interface Passage {
  args(): readonly unknown[];
  emit(value: unknown, isLast: boolean): void;
  answer(outcome: Outcome): Outcome | PackedOutcome;
}

/** For another thread: by structured clone. */
function here({ id, name, args }: Request): Passage {
  const post = (value: unknown, moved: readonly object[]): void => {
    port.postMessage({ id, value }, moved as MessagePort[]);
  };
  return {
    args: () => args,
    emit(value) {
      pass(id, 1);
      send(name, value, post);
    },
    answer: (outcome) => outcome,
  };
}

/** For another machine: as text. The last value goes with the outcome, since each message wakes the other thread. */
function elsewhere({ id, name }: Request, { args, maxPayload }: NonNullable<Request['packed']>): Passage {
  let last: string | undefined;
  return {
    args() {
      try {
        return unpack(args) as readonly unknown[];
      } catch (error) {
        throw new FleetError('codec', `The arguments of "${name}" cannot be read here. ${String(error)}`);
      }
    },
    emit(value, isLast) {
      const text = packValue(name, value, maxPayload);
      if (isLast) {
        last = text;
        return;
      }
      const weight = weightOf(text);
      pass(id, weight);
      port.postMessage({ id, value: text, weight } satisfies Emission);
    },
    answer: (outcome) => ({ ...packOutcome(outcome), last }),
  };
}

function pass(id: number, weight: number): void {
  valve.pass(id, weight);
  if (valve.isCancelled(id)) {
    cancelInLoop();
  }
}

/** Fetches the cancel: while code emits in a loop, no message is delivered. */
function cancelInLoop(): void {
  for (;;) {
    const received: { readonly message: Cancel } | undefined = receiveMessageOnPort(port);
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
