import type { AsyncScope } from '../../src/index.ts';
import { ScopeError, sleep, tamed } from '../../src/index.ts';

export const tidy = tamed(function* (name: string, note: (what: string) => void) {
  try {
    yield* sleep(Infinity);
  } finally {
    note(`${name} unwinds`);
    yield* sleep(10);
    note(`${name} unwound`);
  }
});

export const untidy = tamed(function* (error: Error) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(1);

    throw error;
  }
});

export const later = tamed(function* <T>(value: T, time: number) {
  yield* sleep(time);
  return value;
});

/** Counts from 1. */
export function counter(): { next: () => number } {
  let count = 0;
  return { next: () => ++count };
}

/** What closing raises, one by one, as soon as it has. */
export function raisedBy(scope: AsyncScope): unknown[] {
  const raised: unknown[] = [];
  scope.close().subscribe({
    error: (error: unknown) =>
      raised.push(...(error instanceof ScopeError ? (error.errors as unknown[]) : [error])),
  });
  return raised;
}
