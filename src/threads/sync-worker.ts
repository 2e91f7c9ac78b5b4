import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { runAsWorker } from 'synckit';

import { LastValue } from '../execution/last-value.ts';
import { load, type Source } from './exported.ts';
import { encode } from '../remote/failures.ts';
import type { Outcome } from '../remote/outcome.ts';
import { Run, send, type Request } from './run.ts';
import { cannotRead, isPrimitive } from './transfer.ts';

// The program of the thread of block(). synckit takes the requests, brings the answers and the printed output, and reports a
// crash. An answer whose value might be moved or refused goes ahead by its own port, since synckit can do neither.

/** What this thread is given in addition to what synckit needs. */
export interface SyncWorkerData {
  readonly source: Source;
  /** Brings answers; the other way, the number of a request that is cancelled. */
  readonly answers: MessagePort;
  /** The other end is watched: it closes when this thread has ended, for whatever reason. */
  readonly life: MessagePort;
  /** The number of the request that has begun, and of the one that was sent. */
  readonly begun: Int32Array;
}

/** How the function ended, and the last value it emitted. Without a failure, there is a value. */
export interface Answer extends Outcome {
  readonly value: unknown;
  /** It was cancelled, since the time of the `block()` was out: how it ended is of no interest. */
  readonly cut?: boolean;
}

const { source, answers, begun } = workerData as SyncWorkerData;

let running: { readonly id: number; readonly run: Run } | undefined;

load(source).catch(() => {}); // Each call reports it.
answers.on('message', cancel);
answers.unref();
parentPort?.on('messageerror', (error) => {
  Atomics.store(begun, 0, Atomics.load(begun, 1)); // So the request is what has ended this thread.
  cannotRead(error);
});
runAsWorker(answer);

/** The time of the `block()` is out. */
function cancel(id: number): void {
  if (running?.id === id) {
    running.run.cancel(undefined);
  }
}

/** The answer; undefined if it has gone by its own port. */
function answer(request: Request): Promise<Answer | undefined> {
  Atomics.store(begun, 0, request.id);
  const last = new LastValue();
  return new Promise((resolve) => {
    const run = new Run(request.name, request.args, {
      emit: (value) => last.next(value),
      over: (outcome) => {
        running = undefined;
        resolve(answerOf(request.name, outcome, last));
      },
    });
    running = { id: request.id, run };
    run.begin(source);
  });
}

function answerOf(name: string, outcome: Outcome, last: LastValue<unknown>): Answer | undefined {
  const { failure, cleanup } = outcome;
  if (failure !== undefined) {
    return { value: undefined, failure, cleanup };
  }
  let here: Answer | undefined;
  const fail = (error: unknown): void => {
    here = { value: undefined, failure: encode(error), cleanup };
  };
  const succeed = (value: unknown): void => {
    if (isPrimitive(value)) {
      here = { value, failure: undefined, cleanup };
    } else {
      send(name, value, (each, moved) =>
        answers.postMessage({ value: each, failure: undefined, cleanup }, moved as MessagePort[]),
      );
    }
  };
  try {
    last.settle(succeed, fail, `The call ${name}(…)`);
  } catch (error) {
    fail(error);
  }
  return here;
}
