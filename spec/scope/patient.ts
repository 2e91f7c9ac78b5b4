import { sleep, tamed } from '../../src/index.ts';

/** Cleans up for so many ms when it is cancelled. */
export const patient = tamed(function* patient(ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
  }
});
