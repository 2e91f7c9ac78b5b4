// The room `remote`: calls that run elsewhere, in a thread or on another machine.
//
// It promises to the rooms above: such a call emits, fails, is cancelled and cleans up as one that runs here, however its
// messages travel. It takes from `call`: how a cleanup is handed to the scope. It takes from `execution`: that a cancel waits
// for cleanup.

import { AsyncResource } from 'node:async_hooks';

import type { Subscriber } from 'rxjs';
import { Subscription, throwError } from 'rxjs';

import { cleanup } from '../call/cleanup.ts';
import { collectingExecution, currentExecution } from '../execution/execution.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import { decode, encode, type Failure } from './failures.ts';
import type { Outcome } from './outcome.ts';

/**
 * One call that runs elsewhere, seen from here:
 *
 *     queued ──▶ running ──────────────▶ ended
 *       │           └──▶ cancelled ────▶ ended
 *       └─withdrawn────────────────────▶ ended
 */
export abstract class RemoteCall {
  readonly #subscriber: Subscriber<unknown>;
  // The subscriber is called in the context in which it subscribed.
  readonly #context = new AsyncResource('RemoteCall', { requireManualDestroy: true });
  // The loop that reads the values, if it can hold them back, and the weight of those that it has not read.
  readonly #room = currentExecution()?.room;
  #unread = 0;
  #state: 'queued' | 'running' | 'cancelled' | 'ended' = 'queued';
  // If it was cancelled under a scope: the child that waits for its end.
  #member: ScopeMember | undefined;
  #ended: (() => void) | undefined;
  #cleanupErrors: unknown[] = [];

  constructor(subscriber: Subscriber<unknown>) {
    this.#subscriber = subscriber;
  }

  /** Takes the call back before it begins; false if it may run already. */
  protected abstract withdraw(): boolean;

  /** Tells the other side that the call is cancelled, for this reason. */
  protected abstract tellCancelled(reason: Failure): void;

  /** Tells the other side that values of this weight have been taken: as many may come. */
  protected abstract taken(weight: number): void;

  /** How long a cancelled call may go on before `kill()`, in ms. */
  protected abstract readonly graceMs: number | undefined;

  /** Ends the call by force. Fulfils when it has ended. */
  protected abstract kill(): Promise<void>;

  get state(): 'queued' | 'running' | 'cancelled' | 'ended' {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  protected begun(): void {
    this.#state = 'running';
  }

  next(value: unknown): void {
    if (this.#state === 'running') {
      this.#context.runInAsyncScope(() => this.#subscriber.next(value));
    }
  }

  /** Values of this weight have been passed on. They count as taken when they have been read. */
  protected passed(weight: number): void {
    this.#unread += weight;
    this.#takeRead();
  }

  #takeRead(): void {
    if (this.#unread === 0) {
      return;
    }
    if (this.#room === undefined || this.#room.free || this.ended) {
      const weight = this.#unread;
      this.#unread = 0;
      this.taken(weight);
    } else {
      this.#room.whenRead(() => this.#takeRead());
    }
  }

  /** Ends the call from this side; it still cleans up. */
  cancelHere(error: unknown): void {
    this.#context.runInAsyncScope(() => this.#subscriber.error(error));
  }

  /** The call has ended where it ran, with a `last` value that has not come before. */
  settle({ failure, cleanup: errors }: Outcome, last?: readonly [value: unknown]): void {
    this.#cleanupErrors = errors.map(decode);
    if (this.#state === 'cancelled' && failure !== undefined) {
      this.#cleanupErrors.unshift(decode(failure)); // It failed before the cancel arrived.
    }
    this.#end(() => {
      if (last !== undefined) {
        this.#subscriber.next(last[0]);
      }
      if (failure === undefined) {
        this.#subscriber.complete();
      } else {
        this.#subscriber.error(decode(failure));
      }
    });
  }

  /** The call has ended, and the other side has not said how. */
  fail(error: unknown): void {
    if (this.#state === 'cancelled') {
      this.#cleanupErrors = [error];
    }
    this.#end(() => this.#subscriber.error(error));
  }

  #end(tell: () => void): void {
    const state = this.#state;
    if (state === 'ended') {
      return; // While it was ended by force, for another reason.
    }
    this.#state = 'ended';
    this.#takeRead();
    this.#context.runInAsyncScope(() => {
      if (state === 'cancelled') {
        this.#ended?.();
      } else {
        tell();
      }
    });
    this.#context.emitDestroy();
  }

  /** RxJS calls this when the subscriber has gone, also at a normal end. From here on the call only cleans up. */
  teardown(): void {
    if (this.ended) {
      this.#cleanupErrors.forEach((error) => {
        void cleanup(throwError(() => error));
      });
      return;
    }
    if (this.#state === 'queued' && this.withdraw()) {
      this.#state = 'ended';
      this.#context.emitDestroy();
      return;
    }
    const collector = collectingExecution();
    this.#member = collector?.member;
    this.tellCancelled(encode(collector?.cancellation?.cause));
    this.#state = 'cancelled';
    cleanup(this.#cleanedUp());
  }

  async #cleanedUp(): Promise<void> {
    const { graceMs } = this;
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    const timer = graceMs === undefined ? undefined : setTimeout(() => void this.abandon(), graceMs);
    await ended;
    clearTimeout(timer);
    throwAll(this.#cleanupErrors);
  }

  /** A cancelled call takes too long. It is ended without its cleanup, and its scope is told. */
  protected async abandon(): Promise<void> {
    this.#member?.abandoned();
    await this.kill();
    this.#end(() => {});
  }
}

/** Throws all of them at once, as RxJS does, so that each is reported. */
function throwAll(errors: readonly unknown[]): void {
  const each = new Subscription();
  errors.forEach((error) =>
    each.add(() => {
      throw error;
    }),
  );
  each.unsubscribe();
}
