import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';

import type { Subscriber } from 'rxjs';
import { Subscription, throwError } from 'rxjs';

import { cleanup } from '../call/cleanup.ts';
import { collectingExecution } from '../execution/execution.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import { decode, encode } from './failures.ts';
import type { Outcome, Request } from './run.ts';
import type { Thread } from './thread.ts';
import { argumentOf, isPrimitive, movedWith, refusal } from './transfer.ts';

/** Who runs calls, as a call sees it. */
export interface CallHost {
  /** Takes it out of the queue; false if it runs already. */
  withdraw(call: ThreadCall): boolean;
  /** Ends the thread in which it runs; fulfils when that has ended. */
  kill(call: ThreadCall): Promise<void>;
  readonly graceMs: number | undefined;
}

/** What piscina takes in the place of an `AbortSignal`, too; that of an `AbortController` costs ten times as much. */
export class Abort extends EventEmitter {
  aborted = false;

  abort(): void {
    this.aborted = true;
    this.emit('abort');
  }
}

let lastId = 0;

/** The number of a call, none of which is 0. */
export function nextId(): number {
  lastId = (lastId % (2 ** 31 - 1)) + 1;
  return lastId;
}

/**
 * One call that runs in a thread, seen from here:
 *
 *     queued ──▶ running ──────────────▶ ended
 *       │           └──▶ cancelled ────▶ ended
 *       └─withdrawn────────────────────▶ ended
 */
export class ThreadCall {
  readonly request: Request;
  /** What is moved with its arguments. */
  readonly moved: object[];
  /** Aborts it in the pool: out of the queue, or with its thread. */
  readonly abort = new Abort();
  /** The one it runs in. */
  thread: Thread | undefined;

  readonly #subscriber: Subscriber<unknown>;
  readonly #host: CallHost;
  // Whoever subscribed is told in the context in which that was.
  readonly #context = new AsyncResource('ThreadCall', { requireManualDestroy: true });
  #state: 'queued' | 'running' | 'cancelled' | 'ended' = 'queued';
  #ended: (() => void) | undefined;
  #cleanupErrors: unknown[] = [];

  constructor(name: string, args: readonly unknown[], subscriber: Subscriber<unknown>, host: CallHost) {
    this.request = { id: nextId(), name, args };
    this.moved = movedWith(args, argumentOf(name));
    this.#subscriber = subscriber;
    this.#host = host;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** Its arguments are those of this moment: it has to wait, and they might change until a thread takes them. */
  snapshot(): void {
    const { args } = this.request;
    if (args.every(isPrimitive)) {
      return;
    }
    const [copies, moved] = structuredClone([args, this.moved], {
      transfer: this.moved as Transferable[],
    }) as [readonly unknown[], readonly object[]];
    this.request.args = copies;
    this.moved.splice(0, Infinity, ...moved);
  }

  /** Why its arguments could not be sent. */
  refusal(error: unknown): unknown {
    return refusal(this.request.name, this.request.args, this.moved, error);
  }

  runsIn(thread: Thread): void {
    this.thread = thread;
    this.#state = 'running';
  }

  next(value: unknown): void {
    if (this.#state === 'running') {
      this.#context.runInAsyncScope(() => this.#subscriber.next(value));
    }
  }

  /** It is ended from here, and cleans up. */
  cancelHere(error: unknown): void {
    this.#context.runInAsyncScope(() => this.#subscriber.error(error));
  }

  /** It has ended in its thread. */
  settle({ failure, cleanup: errors }: Outcome): void {
    this.#cleanupErrors = errors.map(decode);
    if (this.#state === 'cancelled' && failure !== undefined) {
      this.#cleanupErrors.unshift(decode(failure)); // It failed before it heard of the cancel.
    }
    this.#end(() => {
      if (failure === undefined) {
        this.#subscriber.complete();
      } else {
        this.#subscriber.error(decode(failure));
      }
    });
  }

  /** It has ended without a word from its thread. */
  fail(error: unknown): void {
    if (this.#state === 'cancelled') {
      this.#cleanupErrors = [error];
    }
    this.#end(() => this.#subscriber.error(error));
  }

  #end(tell: () => void): void {
    const state = this.#state;
    this.#state = 'ended';
    this.#context.runInAsyncScope(() => {
      if (state === 'cancelled') {
        this.#ended?.();
      } else {
        tell();
      }
    });
    this.#context.emitDestroy();
  }

  /** What RxJS calls when nobody listens any longer, at a normal end, too: what still goes on is cleanup. */
  teardown(): void {
    if (this.ended) {
      this.#cleanupErrors.forEach((error) => {
        void cleanup(throwError(() => error));
      });
      return;
    }
    if (this.#state === 'queued' && this.#host.withdraw(this)) {
      this.#state = 'ended';
      this.#context.emitDestroy();
      return;
    }
    const collector = collectingExecution();
    this.thread?.cancel({ id: this.request.id, reason: encode(collector?.cancellation?.cause) });
    this.#state = 'cancelled';
    cleanup(this.#cleanedUp(collector?.member));
  }

  async #cleanedUp(member: ScopeMember | undefined): Promise<void> {
    const { graceMs } = this.#host;
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    const timer = graceMs === undefined ? undefined : setTimeout(() => this.#lose(member), graceMs);
    await ended;
    clearTimeout(timer);
    raise(this.#cleanupErrors);
  }

  /** It takes too long, so its thread goes. */
  #lose(member: ScopeMember | undefined): void {
    member?.abandoned();
    void this.#host.kill(this).then(() => this.#end(() => {}));
  }
}

/** Throws them all at once, as RxJS does: each counts for itself. */
function raise(errors: readonly unknown[]): void {
  const each = new Subscription();
  errors.forEach((error) =>
    each.add(() => {
      throw error;
    }),
  );
  each.unsubscribe();
}
