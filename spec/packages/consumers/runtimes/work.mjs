import { sleep } from 'async-tamer';

export const add = (a, b) => a + b;
export const size = (buffer) => buffer.byteLength;

export async function fail() {
  await sleep(1);
  throw new RangeError('too far');
}

export async function exit() {
  await sleep(1);
  process.exit(3);
}

export async function crash() {
  setTimeout(() => {
    throw new Error('crashed');
  });
  await sleep(60_000);
}

/** Crashes the thread when the call is over. */
export function later() {
  setTimeout(() => {
    throw new Error('something left running');
  }, 20);
  return 'over';
}

export async function* count() {
  for (let n = 1; ; n++) {
    yield n;
  }
}

export async function* clean() {
  try {
    yield 'begun';
    await sleep(60_000);
  } finally {
    await sleep(10);
    console.log('cleaned up in a thread');
  }
}

export async function* spin() {
  yield 'begun';
  for (;;);
}

export async function slow(ms) {
  await sleep(ms);
  return 'slow';
}
