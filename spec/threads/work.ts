// What specs run in threads: an ordinary module.
import { readFileSync } from 'node:fs';
import { threadId, type MessagePort } from 'node:worker_threads';

import { concat, finalize, interval, map, NEVER, of, range, startWith, take, type Observable } from 'rxjs';

import { abortSignal, AsyncScope, cleanup, sleep, tamed } from 'async-tamer';

/** The flags of Node that this thread has. */
export const flags = (): string[] => process.execArgv;

export const add = (a: number, b: number): number => a + b;

export async function echo<T>(value: T): Promise<T> {
  return value;
}

export const double = tamed(function* (n: number) {
  yield* sleep(1);
  return n * 2;
});

export function* increment(n: number): Generator<never, number> {
  yield* sleep(1);
  return n + 1;
}

export async function* countTo(n: number): AsyncGenerator<number> {
  for (let i = 1; i <= n; i++) {
    await sleep(1);
    yield i;
  }
}

export const ticks = (n: number): Observable<string> =>
  interval(1).pipe(
    take(n),
    map((i) => `tick ${i}`),
  );

export const numbers = (n: number): Observable<number> => range(0, n);

/** Counts in `cells` what it has emitted. */
export const counted = (n: number, cells: Int32Array): Observable<number> =>
  range(0, n).pipe(
    map((i) => {
      Atomics.add(cells, 0, 1);
      return i;
    }),
  );

export async function pause(ms: number): Promise<void> {
  await sleep(ms);
}

export async function thread(ms = 0): Promise<number> {
  await sleep(ms);
  return threadId;
}

/** Counts itself in the first cell, and holds its thread until its own says that it may end. */
export function hold(cells: Int32Array, own: number): number {
  Atomics.add(cells, 0, 1);
  Atomics.wait(cells, own, 0);
  return threadId;
}

/** Emits that it has begun, waits for long, and counts in `cells` that it has cleaned up. */
export async function* life(cells: Int32Array, cleanupMs = 0): AsyncGenerator<string> {
  try {
    yield 'begun';
    await sleep(60_000);
    yield 'not cancelled';
  } finally {
    await sleep(cleanupMs);
    Atomics.add(cells, 0, 1);
  }
}

/** The same as a coroutine, which can be cancelled at each yield*. */
export const coroutine = (cells: Int32Array, cleanupMs = 0) =>
  concat(of('begun'), unwinding(cells, cleanupMs));

const unwinding = tamed(function* (cells: Int32Array, cleanupMs: number) {
  try {
    yield* sleep(60_000);
    return 'not cancelled';
  } finally {
    yield* sleep(cleanupMs);
    Atomics.add(cells, 0, 1);
  }
});

/** The same, counted in the first cell when it begins. */
export async function beginning(cells: Int32Array, cleanupMs: number): Promise<void> {
  Atomics.add(cells, 0, 1);
  try {
    await sleep(60_000);
  } finally {
    await sleep(cleanupMs);
    Atomics.add(cells, 1, 1);
  }
}

/** The same as an Observable, with a teardown that takes time. */
export const observable = (cells: Int32Array, cleanupMs = 0) =>
  NEVER.pipe(
    startWith('begun'),
    finalize(() => cleanup(sleep(cleanupMs).then(() => Atomics.add(cells, 0, 1)))),
  );

/** The same in two scopes, one in the other. */
export const nested = (cells: Int32Array, cleanupMs = 0) =>
  concat(
    of('begun'),
    AsyncScope.run(function* (scope) {
      scope.start(unwinding(cells, cleanupMs));
      scope.start(AsyncScope.run(() => unwinding(cells, cleanupMs)));
      yield* sleep(60_000);
      return 'not cancelled';
    }),
  );

/** Sends the reason why it is aborted. */
export async function* untilAborted(port: MessagePort): AsyncGenerator<string> {
  const signal = abortSignal();
  yield 'begun';
  await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      port.postMessage(signal.reason);
      reject(signal.reason as Error);
    });
  });
}

export const fill = (shared: SharedArrayBuffer, value: number): void => {
  new Uint8Array(shared).fill(value);
};

export const sizeOf = (bytes: Uint8Array | readonly [Uint8Array]): number =>
  'byteLength' in bytes ? bytes.byteLength : bytes[0].byteLength;

export const send = (port: MessagePort, message: string): void => {
  port.postMessage(message);
};

export function print(text: string): string {
  console.log(text);
  return text;
}

export const linesOf = (path: string): number => readFileSync(path, 'utf8').split('\n').length;

export class NoFunction {
  readonly is = 'a class';
}

export const constant = 3;

export function kindOfThis(this: void): string {
  return typeof this;
}

export function needsThis(this: { name: string }): string {
  return this.name;
}
