// What specs run on a fleet: an ordinary module. What happens there is written into a file, for the spec to see.
import { appendFileSync, readFileSync } from 'node:fs';

import { range, type Observable } from 'rxjs';

import { abortSignal, sleep, tamed } from 'async-tamer';
import { fleet } from 'async-tamer/fleet';

/** Adds a line to the diary. */
function note(diary: string, line: string): void {
  appendFileSync(diary, `${line}\n`);
}

export const add = (a: number, b: number): number => a + b;

export async function echo<T>(value: T): Promise<T> {
  return value;
}

export const double = tamed(function* (n: number) {
  yield* sleep(1);
  return n * 2;
});

export const numbers = (n: number): Observable<number> => range(0, n);

export async function* countTo(n: number, ms = 1): AsyncGenerator<number> {
  for (let i = 1; i <= n; i++) {
    await sleep(ms);
    yield i;
  }
}

/** Counts in the diary what it has emitted, by hundreds. */
export async function* noted(n: number, diary: string): AsyncGenerator<number> {
  for (let i = 1; i <= n; i++) {
    if (i % 100 === 0) {
      note(diary, String(i));
    }
    yield i;
  }
}

export async function* texts(n: number, length: number, diary: string): AsyncGenerator<string> {
  for (let i = 1; i <= n; i++) {
    note(diary, String(i));
    yield 'x'.repeat(length);
  }
}

export function fail(message = 'no'): never {
  throw Object.assign(new RangeError(message, { cause: new TypeError('why') }), { code: 7 });
}

/** Fails as often as that, over all attempts. */
export function failTimes(times: number, diary: string, tried: number): number {
  note(diary, 'begun');
  if (tried < times) {
    throw new RangeError('not yet');
  }
  return tried;
}

export function begin(diary: string, line = 'begun'): string {
  note(diary, line);
  return line;
}

/** Waits until there is a line "go". */
export async function held(diary: string): Promise<string> {
  note(diary, 'begun');
  while (!/^go$/m.test(readFileSync(diary, 'utf8'))) {
    await sleep(10);
  }
  note(diary, 'ended');
  return 'held';
}

/** The same, and notes how it was left. */
export async function leaving(diary: string): Promise<string> {
  note(diary, 'begun');
  try {
    while (!/^go$/m.test(readFileSync(diary, 'utf8'))) {
      await sleep(10);
    }
    return 'done';
  } finally {
    note(diary, 'left');
  }
}

export async function pause(ms: number, diary: string): Promise<string> {
  note(diary, 'begun');
  await sleep(ms);
  note(diary, 'ended');
  return 'paused';
}

/** Waits for long, and notes when it is told of a cancel, and when it has cleaned up. */
export async function life(diary: string, cleanupMs = 0): Promise<string> {
  note(diary, 'begun');
  abortSignal().addEventListener('abort', () => note(diary, `cancelled ${Date.now()}`));
  try {
    await sleep(60_000);
    return 'not cancelled';
  } finally {
    await sleep(cleanupMs);
    note(diary, 'cleaned up');
  }
}

export async function* streamingLife(diary: string): AsyncGenerator<string> {
  try {
    yield 'one';
    yield 'two';
    await sleep(60_000);
  } finally {
    note(diary, 'cleaned up');
  }
}

export async function failingCleanup(diary: string): Promise<void> {
  note(diary, 'begun');
  try {
    await sleep(60_000);
  } finally {
    throw new RangeError('cleanup failed');
  }
}

/** Keeps its thread from everything else, but not its core from others. */
export function spin(ms: number, diary: string): string {
  note(diary, 'begun');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return 'spun';
}

/** Kills the process that runs it. */
export function crash(diary: string): void {
  note(diary, `begun ${process.pid}`);
  process.kill(process.pid, 'SIGKILL');
}

export function leave(): void {
  process.exit(3);
}

/** Makes a call itself, to another queue. */
export const nested = (connection: string, diary: string, leaseMs: number) =>
  tamed(async () => {
    const work = fleet<{ life: typeof life }>(import.meta.url, { connection, leaseMs, name: 'inner' });
    try {
      return await work.life(diary);
    } finally {
      await work[Symbol.asyncDispose]();
    }
  })();

export const pid = (): number => process.pid;

export const nodeVersion = (): string => process.versions.node;

export const constant = 3;
