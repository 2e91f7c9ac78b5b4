import { workerData, type MessagePort } from 'node:worker_threads';

import { runAsWorker } from 'synckit';

import { LastValue } from '../last-value.ts';
import { load } from './exported.ts';
import { encode } from './failures.ts';
import { Run, send, type Outcome, type Request } from './run.ts';

// What the thread of block() runs. synckit takes the requests, says when each has ended, brings what was printed, and reports
// a crash; what the function returned has a port of its own, on which things can be moved.

/** What this thread is given beside what synckit needs. */
export interface SyncWorkerData {
  readonly url: string;
  readonly answers: MessagePort;
  /** The other end of it is watched: it closes when this thread has ended, however that came. */
  readonly life: MessagePort;
  /** The number of the request that has begun. */
  readonly begun: Int32Array;
}

/** How the function ended, and what it emitted last; without a failure, there is a value. */
export interface Answer extends Outcome {
  readonly value: unknown;
}

const { url, answers, begun } = workerData as SyncWorkerData;

load(url).catch(() => {}); // Each call says so.
runAsWorker(answer);

async function answer(request: Request): Promise<void> {
  Atomics.store(begun, 0, request.id);
  const last = new LastValue();
  const run = new Run(url, request, (value) => last.next(value));
  const outcome = await run.end();
  const fail = (error: unknown): void => {
    answers.postMessage({ ...outcome, failure: outcome.failure ?? encode(error) });
  };
  const succeed = (value: unknown): void => {
    try {
      send(request.name, value, (each, moved) => {
        answers.postMessage({ ...outcome, value: each }, moved as MessagePort[]);
      });
    } catch (error) {
      fail(error);
    }
  };
  if (outcome.failure === undefined) {
    last.settle(succeed, fail);
  } else {
    fail(undefined);
  }
}
