import {
  MessageChannel,
  parentPort,
  receiveMessageOnPort,
  threadId,
  workerData,
  type MessagePort,
} from 'node:worker_threads';

import { decode, encode } from '../remote/failures.ts';
import { unpack } from '../remote/codec.ts';
import { FleetError } from '../remote/fleet-error.ts';
import type { Outcome } from '../remote/outcome.ts';
import { packOutcome, packValue, weightOf } from '../remote/payload.ts';
import { load, type Source } from './exported.ts';
import type { Cancel, Emission, Ended, Hello, Last, ToThread } from './messages.ts';
import { Run, send, type Request } from './run.ts';
import { cannotRead } from './transfer.ts';
import { Valve } from './valve.ts';

// The program of a thread of the pool: piscina imports it, and calls held(). Calls come, and their news go, by a port of its own.

const source = workerData as Source;
const { port1: port, port2 } = new MessageChannel();
const valve = new Valve();
// A thread runs one call at a time.
let running: { readonly id: number; readonly run: Run } | undefined;
// Ends the task of piscina.
let release: (() => void) | undefined;
// The release has come before that task, which travels by another port.
let isReleased = false;

const hello: Hello = { asyncTamer: 'hello', threadId, port: port2, cells: valve.cells };
parentPort?.postMessage(hello, [port2]);
port.on('message', receive);
port.on('messageerror', cannotRead);
load(source).catch(() => {}); // Each call reports it.

/** The task of piscina: it lasts as long as the pool holds this thread. */
export function held(): Promise<void> {
  return new Promise((resolve) => {
    release = resolve;
    if (isReleased) {
      leave();
    }
  });
}

function leave(): void {
  isReleased = release === undefined;
  release?.();
  release = undefined;
}

function receive(message: ToThread): void {
  if ('name' in message) {
    begin(message);
  } else if ('reason' in message) {
    cancel(message);
  } else {
    leave();
  }
}

function cancel({ id, reason }: Cancel): void {
  if (running?.id === id) {
    running.run.cancel(decode(reason));
  }
}

/** Runs a call, and tells when everything in it has ended. */
function begin(request: Request): void {
  const passage = request.packed === undefined ? new Here(request) : new Elsewhere(request, request.packed);
  const over = (outcome: Outcome): void => {
    running = undefined;
    if (hasPrinted()) {
      passage.flush();
      void printed().then(() => passage.end(outcome));
    } else {
      passage.end(outcome);
    }
  };
  let args: readonly unknown[];
  try {
    args = passage.args();
  } catch (error) {
    over({ failure: encode(error), cleanup: [] });
    return;
  }
  const run = new Run(request.name, args, {
    emit: (value, isLast) => passage.emit(value, isLast),
    cleansUp: () => passage.flush(),
    over,
  });
  running = { id: request.id, run };
  run.begin(source);
}

/** How values come and go. */
interface Passage {
  args(): readonly unknown[];
  emit(value: unknown, isLast: boolean): void;
  /** The end takes time: what was kept for it goes ahead. */
  flush(): void;
  end(outcome: Outcome): void;
}

/** For another thread: by structured clone. */
class Here implements Passage {
  readonly #request: Request;
  #last: Last | undefined;

  constructor(request: Request) {
    this.#request = request;
  }

  args(): readonly unknown[] {
    return this.#request.args;
  }

  emit(value: unknown, isLast: boolean): void {
    if (isLast) {
      this.#last = [value];
    } else {
      this.#send(value);
    }
  }

  #send(value: unknown): void {
    pass(this.#request.id, 1);
    send(this.#request.name, value, (each, moved) => post({ value: each }, moved));
  }

  flush(): void {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined) {
      this.#send(last[0]);
    }
  }

  end(outcome: Outcome): void {
    const isFine = outcome.failure === undefined && outcome.cleanup.length === 0;
    const ended: Ended = isFine ? {} : { outcome };
    const last = this.#last;
    if (last === undefined) {
      post(ended);
      return;
    }
    try {
      send(this.#request.name, last[0], (value, moved) => post({ ...ended, last: [value] }, moved));
    } catch (error) {
      post({ outcome: { failure: encode(error), cleanup: outcome.cleanup } });
    }
  }
}

/** For another machine: as text. */
class Elsewhere implements Passage {
  readonly #request: Request;
  readonly #packed: NonNullable<Request['packed']>;
  #last: string | undefined;

  constructor(request: Request, packed: NonNullable<Request['packed']>) {
    this.#request = request;
    this.#packed = packed;
  }

  args(): readonly unknown[] {
    try {
      return unpack(this.#packed.args) as readonly unknown[];
    } catch (error) {
      const what = `The arguments of "${this.#request.name}" cannot be read here. ${String(error)}`;
      throw new FleetError('codec', what);
    }
  }

  emit(value: unknown, isLast: boolean): void {
    const text = packValue(this.#request.name, value, this.#packed.maxPayload);
    if (isLast) {
      this.#last = text;
      return;
    }
    pass(this.#request.id, weightOf(text));
    post({ value: text });
  }

  flush(): void {} // Text does not change.

  end(outcome: Outcome): void {
    post({ outcome: { ...packOutcome(outcome), last: this.#last } });
  }
}

function post(message: Emission | Ended, moved: readonly object[] = []): void {
  port.postMessage(message, moved as MessagePort[]);
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
    const received: { readonly message: ToThread } | undefined = receiveMessageOnPort(port);
    if (received === undefined) {
      return;
    }
    receive(received.message);
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
