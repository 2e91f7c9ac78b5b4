import { asyncScheduler } from 'rxjs';

import { ScopeError } from '../execution/errors.ts';
import { parts } from '../scope/failures.ts';
import type { DelayedResult } from '../result/result.ts';
import type { AsyncScope } from '../scope/scope.ts';

/** Injected scopes that end: they have been cancelled, and have not closed, or what they have raised may still be asked for. */
const ending = new Set<AsyncScope>();

/** Lets {@link whenScopesClosed} wait for a scope that has been cancelled, and will be closed. */
export function addEnding(scope: AsyncScope): void {
  if (scope.closed || ending.has(scope)) {
    return;
  }
  ending.add(scope);
  const forget = (): void => void ending.delete(scope);
  scope.values$.subscribe({
    complete() {
      if (scope.close().status === 'failed') {
        asyncScheduler.schedule(forget); // As long as a failed close waits for somebody to hear of it.
      } else {
        forget();
      }
    },
  });
}

/**
 * Resolves when every injected scope that is ending now has closed: those of destroyed components, directives, services and
 * resources, and those that were cancelled. After `fixture.destroy()`, or after a route was left, all cleanup is over then.
 * Scopes that are open are not waited for.
 *
 * Rejects with what they raise: with the `TimeoutError` or the like of one, else with one {@link ScopeError} that holds the
 * failures of all of them. Angular's `ErrorHandler` does not get what it rejects with.
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
  // All are asked before any is waited for: what nobody has asked for is reported.
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
