import { Observable, type MonoTypeOperatorFunction } from 'rxjs';

import { callOf } from '../call/call.ts';
import { Cancellation } from '../execution/cancellation.ts';
import type { Child } from './child.ts';
import { noScope, ScopeClosedError, startStackAt } from '../execution/errors.ts';
import { cascade } from '../execution/cascade.ts';
import { AsyncScope, lifetimeOf } from './scope.ts';

/**
 * Lets the source of a pipeline live inside a scope: each subscription is a child.
 *
 * Emits what the source emits. Completes when the source does and, as `takeUntil` does, when the scope is cancelled or was
 * cancelled before. Errors with the source's error, which counts as delivered and triggers the scope's `errorMode`. Errors with
 * a {@link ScopeClosedError} if the scope has closed without a cancel. Unsubscribing ends the child. The close of the scope
 * waits for the child and for its cleanup.
 *
 * @example
 * ```ts
 * import { interval } from 'rxjs';
 * import { AsyncScope, sleep, within } from 'async-tamer';
 *
 * const scope = new AsyncScope({ exitMode: 'cancel' });
 * interval(10).pipe(within(scope)).subscribe({ complete: () => console.log('over') });
 * await sleep(25);
 * await scope.close();
 * // => over
 * ```
 */
export function within<T>(scope: AsyncScope): MonoTypeOperatorFunction<T> {
  if (!(scope instanceof AsyncScope)) {
    throw startStackAt(noScope('within() takes', scope), within);
  }
  const lifetime = lifetimeOf(scope);
  return (source) =>
    new Observable((subscriber) => {
      if (subscriber.closed) {
        return; // An operator has subscribed it for a subscriber that had gone: its child would have ended before it begins.
      }
      if (lifetime.refused !== undefined) {
        subscriber.complete();
        return;
      }
      if (lifetime.closed) {
        throw new ScopeClosedError('The scope of within() has closed. Subscribe before it closes.');
      }
      // The subscriber waits for the result before the source runs, so that it misses nothing.
      const child = lifetime.child(callOf<T>(source, 'within()', within), undefined);
      const result = child.result.subscribe(subscriber);
      subscriber.add(() => stop(child));
      lifetime.admit(child);
      return result;
    });
}

/** The subscriber has unsubscribed. A child that has ended already stays as it is. */
function stop(child: Child): void {
  const cancellation = new Cancellation();
  cascade(() => child.stop(cancellation));
}
