import { sleep, tamed } from 'async-tamer';

export const later = tamed(function* later<T>(ms: number, value: T) {
  yield* sleep(ms);
  return value;
});

export const load = tamed(async function load<T>(ms: number, value: T) {
  await sleep(ms);
  return value;
});

export const careful = tamed(function* careful(ms: number) {
  try {
    yield* sleep(ms);
  } finally {
    yield* sleep(3);
  }
});
