import type { AsyncScope } from '../../src/index.ts';
import { ScopeError } from '../../src/index.ts';
import { errorOf } from '../support/outcome.ts';

export function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}

export function ms(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/** What closing raises, one by one. */
export async function errorsOf(scope: AsyncScope): Promise<unknown[]> {
  const raised = await errorOf(scope.close());
  expect(raised).toBeInstanceOf(ScopeError);
  return (raised as ScopeError).errors as unknown[];
}
