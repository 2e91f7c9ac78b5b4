import type { AsyncScope } from '../../src/index.ts';
import { sleep, tamed } from '../../src/index.ts';

export type Body = (scope: AsyncScope) => unknown;

/** Notes `name` after so many ms, unless it is cancelled. */
export const noting = tamed(function* (name: string, log: unknown[], ms: number) {
  yield* sleep(ms);
  log.push(name);
});

/** Cleans up for so many ms when it is cancelled, and then notes `name`. */
export const patient = tamed(function* (name: string, log: unknown[], ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
    log.push(name);
  }
});
