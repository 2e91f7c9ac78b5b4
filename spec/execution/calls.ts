import { sleep, tamed } from '../../src/index.ts';

export const later = tamed(function* <T>(value: T, time: number) {
  yield* sleep(time);
  return value;
});

export const throwingInFinally = tamed(function* (error: Error) {
  try {
    yield* sleep(Infinity);
  } finally {
    throw error;
  }
});
