import { asyncScheduler } from 'rxjs';

import { ScopeError } from '../execution/errors.ts';
import { parts } from '../scope/failures.ts';
import type { DelayedResult } from '../result/result.ts';
import type { AsyncScope } from '../scope/scope.ts';

/**
 * The injected scopes that are ending: they were cancelled and have not closed, or the error of their close may still be asked
 * for.
 */
const ending = new Set<AsyncScope>();

/** Makes {@link whenScopesClosed} wait for a scope that was cancelled and will be closed. */
export function addEnding(scope: AsyncScope): void {
  if (scope.closed || ending.has(scope)) {
    return;
  }
  ending.add(scope);
  const forget = (): void => void ending.delete(scope);
  scope.values$.subscribe({
    complete() {
      if (scope.close().status === 'failed') {
        asyncScheduler.schedule(forget); // A failed close waits as long to be asked for its error.
      } else {
        forget();
      }
    },
  });
}

/**
 * Resolves when every injected scope that is ending now has closed: those of destroyed components, directives, services and
 * resources, and those that were cancelled. After `fixture.destroy()`, or after leaving a route, it resolves when all cleanup
 * is over. It does not wait for open scopes.
 *
 * Rejects with the errors with which these scopes close: with the error of one, such as a `TimeoutError`, as it is; with the
 * errors of several as one {@link ScopeError} that holds all their failures. Angular's `ErrorHandler` does not get these
 * errors.
 *
 * @example
 * ```ts
 * import { Injector } from '@angular/core';
 * import { sleep, tamed } from 'async-tamer';
 * import { injectAsyncScope, whenScopesClosed } from 'async-tamer/angular';
 *
 * const connection = tamed(function* () {
 *   try { yield* sleep(1000); } finally { yield* sleep(10); console.log('disconnected'); }
 * });
 * const injector = Injector.create({ providers: [] }); // in a test: a fixture
 * injectAsyncScope({ injector }).start(connection());
 * injector.destroy();
 * await whenScopesClosed();
 * console.log('over');
 * // => disconnected
 * // => over
 * ```
 */
export async function whenScopesClosed(): Promise<void> {
  // All are closed before any is awaited: the error of a close that no code asks for would be reported.
  const results = [...ending].map((scope): DelayedResult<void> => scope.close());
  const outcomes = await Promise.allSettled(results);
  const raised = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as Error] : [],
  );
  const [first, ...others] = raised;
  if (first !== undefined) {
    throw others.length === 0 ? first : new ScopeError(raised.flatMap(parts));
  }
}
