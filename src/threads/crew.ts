import { Observable, throwError, type Subscriber } from 'rxjs';

import type { TamedCall } from '../call/call.ts';
import { cleanup } from '../call/cleanup.ts';
import { BlockingError, CancelledError } from '../execution/errors.ts';
import { tamed } from '../call/tamed.ts';
import { Channel } from './channel.ts';
import { decode } from '../remote/failures.ts';
import type { Runner } from '../remote/functions.ts';
import type { CheckedThreadsOptions } from './options.ts';
import { Pool } from './pool.ts';
import { nextId, ThreadCall } from './thread-call.ts';
import { ThreadError } from '../remote/thread-error.ts';
import { argumentOf, movedWith } from './transfer.ts';

/** The threads of one module: a pool, and one more for `block()`. Both are made at the first use. */
export class Crew implements Runner {
  readonly #pool: Pool;
  readonly #channel: Channel;
  readonly #exitMode: 'wait' | 'cancel';
  #closing: Promise<void> | undefined;

  constructor(url: string, options: CheckedThreadsOptions) {
    this.#pool = new Pool(url, options);
    this.#channel = new Channel(url, options);
    this.#exitMode = options.exitMode;
  }

  /** The tamed function that stands for an exported one. */
  functionNamed(name: string): (...args: unknown[]) => TamedCall<unknown> {
    const run = (...args: unknown[]): Observable<unknown> =>
      new Observable((subscriber) => this.start(name, args, subscriber));
    Object.defineProperty(run, 'name', { value: name });
    return tamed({ sync: (...args: unknown[]) => this.runHere(name, args), async: run });
  }

  start(name: string, args: readonly unknown[], subscriber: Subscriber<unknown>): (() => void) | undefined {
    if (this.#closing !== undefined) {
      subscriber.error(closedError(name));
      return undefined;
    }
    const call = new ThreadCall(name, args, subscriber, this.#pool);
    this.#pool.submit(call);
    return () => call.teardown();
  }

  /** Runs the call under `block()`: this thread sleeps meanwhile. */
  runHere(name: string, args: readonly unknown[]): unknown {
    if (this.#closing !== undefined) {
      throw closedError(name);
    }
    const moved = movedWith(args, argumentOf(name));
    const answer = this.#channel.ask({ id: nextId(), name, args }, moved);
    if (answer.cleanup.length > 0) {
      answer.cleanup.map(decode).forEach((error) => {
        void cleanup(throwError(() => error));
      });
    }
    if (answer.cut === true) {
      throw new CancelledError();
    }
    if (answer.failure !== undefined) {
      throw decode(answer.failure);
    }
    return answer.value;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#exitMode === 'cancel') {
      this.#cancel();
    }
    await Promise.all([this.#pool.close(), this.#channel.close()]);
  }

  /** Closes on the spot: blocks while calls run. */
  closeHere(): void {
    const closing = this.close();
    if (this.#pool.size === 0) {
      return; // What is left are ending threads, in which nothing runs.
    }
    try {
      tamed.from(closing).block();
    } catch (error) {
      this.#cancel();
      throw error instanceof BlockingError ? new BlockingError(NOT_HERE, { cause: error }) : error;
    }
  }

  /** How many calls wait for a thread, and how many run. */
  get counts(): { readonly queued: number; readonly running: number } {
    return this.#pool.counts;
  }

  #cancel(): void {
    this.#pool.cancelAll(new CancelledError('Execution was cancelled: its threads have been closed.'));
  }
}

const NOT_HERE =
  'Cannot wait here for the calls that still run in these threads, so they are cancelled. ' +
  'Use "await using", or let nothing run at the end of the block.';

function closedError(name: string): ThreadError {
  return new ThreadError(`Cannot call "${name}": its threads have been closed. Make new ones by threads().`);
}
