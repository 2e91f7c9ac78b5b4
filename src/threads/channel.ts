import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';

import type { WorkerData, WorkerFailureMessage, WorkerToMainMessage } from 'synckit';

import { cutShort, timeLeft } from '../blocking/deadline.ts';
import { reportUnhandled } from '../execution/unhandled.ts';
import type { CheckedThreadsOptions } from './options.ts';
import { requireSynckit, workerFile } from './peers.ts';
import { crashIdle, crashOf, notStarted } from './crash.ts';
import type { Request } from './run.ts';
import type { Answer, SyncWorkerData } from './sync-worker.ts';
import { ThreadError } from '../remote/thread-error.ts';
import { refusal, unreadable } from './transfer.ts';
import { whyNotStarted } from './start-failure.ts';
import { tsNodeHere } from './typescript.ts';
import { unwatch, watch } from './watcher.ts';

type Message = WorkerToMainMessage<Answer | undefined> | WorkerFailureMessage;

/**
 * The thread of `block()`. It runs one call while this thread sleeps.
 *
 * In that thread, synckit's `runAsWorker` listens. This side does the work of synckit's `createSyncFn`, with the same messages.
 * `createSyncFn` itself cannot keep the promises of this library: it waits for ever for a thread that has run out of memory,
 * takes no `resourceLimits`, moves nothing, and never lets its thread end.
 */
export class Channel {
  readonly #url: string;
  readonly #options: CheckedThreadsOptions;
  #line: Line | undefined;

  constructor(url: string, options: CheckedThreadsOptions) {
    this.#url = url;
    this.#options = options;
  }

  /**
   * Asks, sleeps, and returns the answer. Throws a `ThreadError` if the thread has gone, and a `TypeError` that names what
   * cannot be sent to it.
   */
  ask(request: Request, moved: readonly object[]): Answer {
    for (;;) {
      const line = this.#open(request.name);
      try {
        line.post(request, moved);
      } catch (error) {
        throw refusal(request.name, request.args, moved, error);
      }
      const answer = line.wait(request);
      if (answer !== undefined) {
        return answer;
      }
      if (moved.length > 0) {
        throw new ThreadError(
          `The thread for "${request.name}" has gone, together with the objects that were moved to it.`,
        );
      }
    }
  }

  #open(name: string): Line {
    if (this.#line?.isAlive() !== true) {
      requireSynckit();
      try {
        this.#line = new Line(this.#url, this.#options);
      } catch (error) {
        throw notStarted(name, error);
      }
    }
    return this.#line;
  }

  async close(): Promise<void> {
    await this.#line?.end();
  }
}

/** For this many ms no watcher is needed to notice that a thread has ended without a message: few calls take longer. */
const UNWATCHED = 250;

/** So long a call may clean up whose time is out, where `graceMs` says nothing: `block()` does not wait for ever. */
const GRACE = 30_000;

/** One such thread, and the connection to it. */
class Line {
  // How many messages of synckit wait here, for `Atomics.wait`.
  readonly #signals = new Int32Array(new SharedArrayBuffer(4));
  readonly #gone = new Int32Array(new SharedArrayBuffer(4));
  // The number of the request that has begun, and of the one that was sent.
  readonly #begun = new Int32Array(new SharedArrayBuffer(8));
  readonly #messages: MessagePort;
  readonly #answers: MessagePort;
  readonly #life: MessagePort;
  readonly #worker: Worker;
  readonly #idle: NodeJS.Timeout | undefined;
  readonly #options: CheckedThreadsOptions;
  #watched = false;
  #alive = true;

  constructor(url: string, options: CheckedThreadsOptions) {
    const { resourceLimits, execArgv, idleTimeout } = options;
    this.#options = options;
    const [messages, answers, life] = [new MessageChannel(), new MessageChannel(), new MessageChannel()];
    this.#messages = messages.port1;
    this.#answers = answers.port1;
    this.#life = life.port1;
    const workerData: WorkerData & SyncWorkerData = {
      sharedBufferView: this.#signals,
      workerPort: messages.port2,
      pnpLoaderPath: undefined,
      source: { url, tsNode: tsNodeHere() },
      answers: answers.port2,
      life: life.port2,
      begun: this.#begun,
    };
    this.#worker = new Worker(workerFile('sync-worker'), {
      workerData,
      transferList: [messages.port2, answers.port2, life.port2],
      ...(resourceLimits !== undefined && { resourceLimits }),
      ...(execArgv !== undefined && { execArgv }),
    });
    this.#worker.unref();
    this.#worker.on('error', (error: unknown) => this.#ended(error));
    this.#worker.on('exit', () => this.#ended(this.#lastWords()));
    if (idleTimeout !== Infinity) {
      this.#idle = setTimeout(() => void this.end(), idleTimeout).unref();
    }
  }

  /** Whether the thread lives. A message that has come before anything was asked can only be its last one. */
  isAlive(): boolean {
    const left =
      Atomics.load(this.#signals, 0) === 0 ? undefined : (receive(this.#messages) as Message | undefined);
    if (left !== undefined) {
      Atomics.sub(this.#signals, 0, 1);
      if ('workerFailure' in left && left.fatal) {
        this.#ended(errorOf(left));
      }
    }
    return this.#alive;
  }

  post(request: Request, moved: readonly object[]): void {
    Atomics.store(this.#begun, 1, request.id);
    this.#worker.postMessage({ id: request.id, args: [request] }, moved as MessagePort[]);
  }

  /** Waits for the answer; undefined if the thread ended before the request began, which was then not the cause. */
  wait({ id, name }: Request): Answer | undefined {
    // When a call that was cancelled loses its thread.
    let end = Infinity;
    for (;;) {
      const left = end === Infinity ? timeLeft() : Math.max(0, end - performance.now());
      const ms = Math.min(left, this.#watched ? Infinity : UNWATCHED);
      const status = Atomics.wait(this.#signals, 0, 0, ms);
      const message = receive(this.#messages) as Message | undefined;
      if (message === undefined) {
        if (this.#gone[0] === 1) {
          this.#lost(id, name);
          return undefined;
        }
        if (status === 'timed-out' && ms < left) {
          this.#watch();
        } else if (status === 'timed-out' && end === Infinity) {
          end = performance.now() + (this.#options.graceMs ?? GRACE);
          this.#answers.postMessage(id);
        } else if (status === 'timed-out') {
          void this.end();
          return cutAnswer();
        }
        continue;
      }
      Atomics.sub(this.#signals, 0, 1);
      if (!('workerFailure' in message)) {
        // Taken before anything is printed: a listener for that might block.
        const answer = resultOf(message) ?? this.#answer(name);
        this.#idle?.refresh();
        message.stdio.forEach(({ type, chunk, encoding }) => process[type].write(chunk, encoding));
        return end === Infinity ? answer : cutAnswer(answer);
      }
      if (message.fatal) {
        this.#lost(id, name, errorOf(message));
        return undefined;
      }
    }
  }

  #answer(name: string): Answer | undefined {
    try {
      return receive(this.#answers) as Answer | undefined;
    } catch (error) {
      throw unreadable(name, error);
    }
  }

  #watch(): void {
    this.#watched = true;
    watch({ life: this.#life, signals: this.#signals, gone: this.#gone });
  }

  /**
   * The thread has ended while this one waited. Without an error it has sent no message, and then it has run out of memory:
   * nothing else ends a thread so.
   */
  #lost(id: number, name: string, error?: unknown): void {
    void this.end();
    if (this.#begun[0] === 0) {
      throw notStarted(name, error ?? whyNotStarted(this.#options, tsNodeHere()));
    }
    if (this.#begun[0] === id) {
      throw crashOf(name, error ?? outOfMemory());
    }
    reportUnhandled(crashIdle(error ?? outOfMemory()));
  }

  /** The thread has ended while this one did not wait for it. */
  #ended(error: unknown): void {
    if (this.#alive) {
      void this.end();
      if (error !== undefined) {
        reportUnhandled(crashIdle(error));
      }
    }
  }

  /** The error that it reported before it ended; undefined if it ended by itself. */
  #lastWords(): unknown {
    const message = receive(this.#messages) as Message | undefined;
    const error = message !== undefined && 'workerFailure' in message ? errorOf(message) : undefined;
    return /^Worker exited with code/.test(String((error as Error | undefined)?.message)) ? undefined : error;
  }

  async end(): Promise<void> {
    this.#alive = false;
    clearTimeout(this.#idle);
    this.#worker.ref(); // Otherwise the process might end first.
    const ended = this.#worker.terminate();
    if (this.#watched) {
      this.#watched = false;
      await unwatch();
    }
    await ended;
  }
}

/** Of a call that was cancelled, since time was out. */
function cutAnswer(answer?: Answer): Answer {
  cutShort();
  return { value: undefined, failure: undefined, cleanup: answer?.cleanup ?? [], cut: true };
}

function receive(port: MessagePort): unknown {
  const received: { readonly message: unknown } | undefined = receiveMessageOnPort(port);
  return received?.message;
}

/** Throws the error of a message that is no answer: the code of the thread itself has failed. */
function resultOf(message: WorkerToMainMessage<Answer | undefined>): Answer | undefined {
  if ('error' in message) {
    throw message.error;
  }
  return message.result;
}

function errorOf({ error, properties }: WorkerFailureMessage): unknown {
  return error instanceof Error ? Object.assign(error, properties) : error;
}

/** The error that Node itself gives where it can. */
function outOfMemory(): Error {
  const error = new Error('Worker terminated due to reaching memory limit: JS heap out of memory');
  return Object.assign(error, { code: 'ERR_WORKER_OUT_OF_MEMORY' });
}
