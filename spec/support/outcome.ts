import type { Observable } from 'rxjs';

import { ScopeError } from '../../src/index.ts';

/** What rejects `promise`. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was to fail.');
}

/** What an observer of `source` is told at once: values, and how it ends. */
export function record(source: Observable<unknown>): unknown[] {
  const told: unknown[] = [];
  source.subscribe({
    next: (value) => told.push(value),
    error: (error: unknown) => told.push({ error }),
    complete: () => told.push('complete'),
  });
  return told;
}

/** What `fn` throws. */
export function thrownBy(fn: () => unknown): TypeError {
  try {
    fn();
  } catch (error) {
    return error as TypeError;
  }
  throw new Error('It does not throw.');
}

/** The line at which the stack of `error` begins. */
export function firstLineOf(error: Error): string {
  return error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? 'no stack';
}

/** What a scope has raised, one by one. */
export function errorsOf(raised: unknown): unknown[] {
  expect(raised).toBeInstanceOf(ScopeError);
  return (raised as ScopeError).errors;
}
