import { mergeMap, throwError, timer } from 'rxjs';

import { sleep, tamed } from '../../src/index.ts';

export const failure = new Error('Oh no!');

export function raise(): never {
  throw failure;
}

export function raising(error: Error): () => never {
  return () => {
    throw error;
  };
}

/** Fails after 1 ms. */
export const faulty = tamed(function* faulty() {
  yield* sleep(1);
  throw failure;
});

/** Fails after so many ms. */
export const failing = tamed(function* (ms: number, error: Error = failure): Generator<never, never> {
  yield* sleep(ms);
  throw error;
});

/** Fails with `error` after so many ms. */
export const failingWith = tamed((error: unknown, ms: number = 0) =>
  timer(ms).pipe(mergeMap(() => throwError(() => error))),
);
