import type { MessagePort } from 'node:worker_threads';
import { receiveMessageOnPort } from 'node:worker_threads';

import type { Cancel, Emission, Hello } from './pool-worker.ts';
import { asNodePort } from './port.ts';
import { Valve } from './valve.ts';

/** A thread of the pool, seen from this side: the port by which its values come and cancels go. */
export class Thread {
  readonly #receive: (emission: Emission) => void;
  // Whose values are taken when that is said, and not when they come.
  readonly #isTakenLater: (id: number) => boolean;
  #line: { readonly port: MessagePort; readonly valve: Valve } | undefined;
  // A cancel that waits for the first message of the thread.
  #early: Cancel | undefined;
  #greeted: (() => void) | undefined;

  constructor(receive: (emission: Emission) => void, isTakenLater: (id: number) => boolean) {
    this.#receive = receive;
    this.#isTakenLater = isTakenLater;
  }

  connect({ port: sent, cells }: Hello): void {
    const port = asNodePort(sent);
    this.#line = { port, valve: new Valve(cells) };
    port.on('message', (emission: Emission) => this.#take(emission));
    port.unref(); // A running call keeps the process alive in another way.
    if (this.#early !== undefined) {
      this.cancel(this.#early);
    }
    this.#greeted?.();
  }

  /** Waits for the first message of the thread. It comes by a port of its own, so the end of the first call may overtake it. */
  greeted(): Promise<void> {
    return new Promise((resolve) => {
      this.#greeted = resolve;
    });
  }

  /** The thread has ended. A first message that has not come yet never will. */
  gone(): void {
    this.#greeted?.();
  }

  get connected(): boolean {
    return this.#line !== undefined;
  }

  cancel(message: Cancel): void {
    if (this.#line === undefined) {
      this.#early = message;
    } else {
      this.#line.port.postMessage(message);
      this.#line.valve.cancel(message.id);
    }
  }

  /** Takes the values that have come. The end of a call comes by another port, and may come before them. */
  drain(): void {
    for (;;) {
      const received: { readonly message: Emission } | undefined =
        this.#line && receiveMessageOnPort(this.#line.port);
      if (received === undefined) {
        return;
      }
      this.#take(received.message);
    }
  }

  #take(emission: Emission): void {
    if (!this.#isTakenLater(emission.id)) {
      this.taken(emission.weight ?? 1);
    }
    this.#receive(emission);
  }

  /** Values of this weight have been taken, so that as many may come. */
  taken(weight: number): void {
    this.#line?.valve.taken(weight);
  }
}
