// What specs run in threads: an ordinary module.
import { appendFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';

import { interval, map, range, take, type Observable } from 'rxjs';

import { abortSignal, AsyncScope, sleep, tamed } from 'async-tamer';

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

export const nothing = (): Observable<never> => range(0, 0) as Observable<never>;

export const thread = async (ms = 0): Promise<number> => {
  await sleep(ms);
  return threadId;
};

export const pause = async (ms: number): Promise<void> => {
  await sleep(ms);
};

/** Says when it begins, waits, and says how it ended: each a line in a file. */
export async function lifeOf(file: string, cleanupMs = 0): Promise<void> {
  const note = (line: string): void => appendFileSync(file, `${line}\n`);
  note('begun');
  try {
    await sleep(60_000);
    note('done');
  } finally {
    await sleep(cleanupMs);
    note(`cleaned up, signal ${abortSignal().aborted ? 'aborted' : 'not aborted'}`);
  }
}

/** Like {@link lifeOf}, in a scope of its own, as a coroutine. */
export const nested = tamed(function* (file: string) {
  yield* AsyncScope.run(function* (scope) {
    scope.start(tamed(lifeOf)(file, 5));
    yield* sleep(60_000);
  });
});

export async function untilAborted(file: string): Promise<never> {
  const signal = abortSignal();
  appendFileSync(file, 'begun\n');
  return await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      appendFileSync(file, `reason: ${String(signal.reason)}\n`);
      reject(signal.reason as Error);
    });
  });
}

export const fill = (shared: SharedArrayBuffer, value: number): void => {
  new Uint8Array(shared).fill(value);
};

export const sizeOf = (bytes: Uint8Array): number => bytes.byteLength;

export class NoFunction {
  readonly is = 'a class';
}

export const constant = 3;

export function needsThis(this: { name: string }): string {
  return this.name;
}

export function print(text: string): string {
  console.log(text);
  return text;
}
