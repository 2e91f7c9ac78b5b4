import type { MessagePort, Worker } from 'node:worker_threads';

import { apart } from './start-failure.ts';

/** Wakes a thread that sleeps on `signals` when the thread at the other end of `life` has ended, and sets `gone`. */
export interface Watch {
  readonly life: MessagePort;
  readonly signals: Int32Array;
  readonly gone: Int32Array;
}

// Node reports the end of a thread by an event, and a sleeping thread gets no events. So another thread listens. Its code is
// given as text, since it needs neither hooks nor compilers.
const code = `
require('node:worker_threads').parentPort.on('message', ({ life, signals, gone }) => {
  life.on('close', () => {
    Atomics.store(gone, 0, 1);
    Atomics.add(signals, 0, 1);
    Atomics.notify(signals, 0);
  });
});`;

let watcher: Worker | undefined;
let watched = 0;

/** Begins to watch. The first time, that starts the one watcher thread. */
export function watch(one: Watch): void {
  watched++;
  watcher ??= apart(code);
  watcher.postMessage(one, [one.life]);
}

/** The watched thread has ended, or is waited for no longer. */
export async function unwatch(): Promise<void> {
  watched--;
  if (watched === 0) {
    const last = watcher;
    watcher = undefined;
    last?.ref();
    await last?.terminate();
  }
}
