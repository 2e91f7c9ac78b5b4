import { Worker, type MessagePort } from 'node:worker_threads';

/** A thread that sleeps on `signals` is woken when the one at the other end of `life` has ended, and `gone` says so. */
export interface Watch {
  readonly life: MessagePort;
  readonly signals: Int32Array;
  readonly gone: Int32Array;
}

// Node says by an event that a thread has ended, and this thread sleeps. So another one listens; as text, since it needs
// neither hooks nor compilers.
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

/** Begins to watch; the first time, that starts a thread, for all. */
export function watch(one: Watch): void {
  watched++;
  watcher ??= new Worker(code, { eval: true, execArgv: [], name: 'async-tamer watcher' });
  watcher.unref();
  watcher.postMessage(one, [one.life]);
}

/** The thread has ended, or nobody will wait for it any more. */
export async function unwatch(): Promise<void> {
  watched--;
  if (watched === 0) {
    const last = watcher;
    watcher = undefined;
    last?.ref();
    await last?.terminate();
  }
}
