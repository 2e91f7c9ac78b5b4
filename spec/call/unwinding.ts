import type { AsyncScope } from '../../src/index.ts';
import { ScopeError, sleep, tamed } from '../../src/index.ts';

export const failing = tamed((error: Error | undefined) => {
  if (error !== undefined) {
    throw error;
  }
});

export const later = tamed(function* <T>(value: T, ms: number) {
  yield* sleep(ms);
  return value;
});

export const slowToUnwind = tamed(function* (name: string, note: (what: string) => void) {
  try {
    yield* sleep(100);
  } finally {
    note(`${name} unwinds`);
    yield* sleep(10);
    note(`${name} unwound`);
  }
});

/** What closing raises. */
export async function raisedBy(scope: AsyncScope): Promise<ScopeError> {
  const raised = await scope.close().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(raised).toBeInstanceOf(ScopeError);
  return raised as ScopeError;
}
