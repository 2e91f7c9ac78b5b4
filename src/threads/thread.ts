import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

import type { Outcome, PackedOutcome } from '../remote/outcome.ts';
import type { Cancel, FromThread, Hello, Last, ToThread } from './messages.ts';
import { asNodePort } from './port.ts';
import type { Request } from './run.ts';
import { Valve } from './valve.ts';

/** A call, as the thread sees it in which it runs. */
export interface Guest {
  readonly request: Request;
  /** The objects that are moved with its arguments. */
  readonly moved: readonly object[];
  /** It has emitted a value. The call says when that is taken. */
  next(value: unknown): void;
  /** It has ended in its thread, with a last value that has not been emitted; if it was sent as text, so is all that. */
  settle(outcome: Outcome | PackedOutcome, last?: Last): void;
  /** A message of it cannot be read here, and nobody knows which: a value, or its end. */
  garbled(error: unknown): void;
}

/** A thread of the pool, seen from this side. It runs one call at a time. */
export class Thread {
  // The call that runs there.
  #call: Guest | undefined;
  // Called when that has ended, before its caller is told: another call may begin there.
  #free: (() => void) | undefined;
  #line: { readonly port: MessagePort; readonly valve: Valve } | undefined;
  // Called at its first message.
  #greeted: (() => void) | undefined;

  /** Its first message has come. */
  connect({ port: sent, cells }: Hello): void {
    const port = asNodePort(sent);
    this.#line = { port, valve: new Valve(cells) };
    port.on('message', (message: FromThread) => this.#take(message));
    port.on('messageerror', (error) => this.#lose()?.garbled(error));
    port.unref(); // Its lease keeps the process alive.
    this.#greeted?.();
  }

  get connected(): boolean {
    return this.#line !== undefined;
  }

  /** Calls `greeted` when the first message of the thread has come, unless that never comes. */
  whenConnected(greeted: () => void): void {
    if (this.connected) {
      greeted();
    } else {
      this.#greeted = greeted;
    }
  }

  /** Runs a call there, and calls `free` when that has ended. Throws if its arguments cannot be sent. */
  run(call: Guest, free: () => void): void {
    this.#post(call.request, call.moved);
    this.#call = call;
    this.#free = free;
  }

  cancel(message: Cancel): void {
    this.#post(message);
    this.#line?.valve.cancel(message.id);
  }

  /** Gives it back to piscina. */
  release(): void {
    this.#post({ release: true });
  }

  /** The thread has ended. Its port would notice that a while later. */
  close(): void {
    this.#line?.port.close();
  }

  #post(message: ToThread, moved: readonly object[] = NOTHING): void {
    this.#line?.port.postMessage(message, moved as MessagePort[]);
  }

  /** The thread has ended: takes what it had sent before. */
  drain(): void {
    for (;;) {
      const received = this.#receive();
      if (received === undefined) {
        return;
      }
      if (received === 'garbled') {
        this.#lose(); // It fails all the same: its thread has ended.
      } else {
        this.#take(received.message);
      }
    }
  }

  #receive(): { readonly message: FromThread } | 'garbled' | undefined {
    try {
      return this.#line && receiveMessageOnPort(this.#line.port);
    } catch {
      return 'garbled';
    }
  }

  /** The call has a hole, so nothing that comes after it counts, its end included. No other call may begin here. */
  #lose(): Guest | undefined {
    const call = this.#call;
    this.#call = undefined;
    this.#free = undefined;
    return call;
  }

  #take(message: FromThread): void {
    const call = this.#call;
    if ('value' in message) {
      call?.next(message.value);
      return;
    }
    this.#call = undefined;
    this.#free?.();
    call?.settle(message.outcome ?? SUCCEEDED, message.last);
  }

  /** Values of this weight have been taken, so that as many may come. */
  taken(weight: number): void {
    this.#line?.valve.taken(weight);
  }
}

const NOTHING: readonly object[] = [];
const SUCCEEDED = { failure: undefined, cleanup: [] };
