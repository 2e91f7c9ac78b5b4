import { callOf } from './call.ts';
import type { Source } from './platform-observable.ts';
import { collectingExecution, currentExecution } from '../execution/execution.ts';
import type { Need } from '../execution/need.ts';
import { flatten, reportUnhandled } from '../execution/unhandled.ts';
import { DelayedResult, emitTo, settle, tellEnd } from '../result/result.ts';
import { open } from '../result/waitable.ts';

/**
 * Gives asynchronous work to whoever tears down: call it in any RxJS teardown or `finalize` callback. The scope that owns
 * what is torn down closes only when `work` has ended, also where the source ended by itself.
 *
 * It returns a result to wait for, in a `finally` block that a cancel must not cut off: `finally { yield* cleanup(release()) }`, or
 * `await cleanup(release())`. Such a wait is not interrupted: a cancel is delivered at the next wait after it, and the failure
 * that has led there is not lost.
 *
 * `work` is whatever RxJS can subscribe to; it is subscribed at once. If it fails and nobody waits for the result, that is one
 * of the `errors` of the scope's `ScopeError`; where no scope waits, it goes to RxJS's `config.onUnhandledError`. Throws a `TypeError` at once
 * for what is no source.
 *
 * @example
 * ```ts
 * import { finalize, NEVER } from 'rxjs';
 * import { AsyncScope, cleanup, sleep } from 'async-tamer';
 *
 * const scope = new AsyncScope({ exitMode: 'cancel' });
 * scope.start(NEVER.pipe(finalize(() => cleanup(sleep(10)))));
 * await scope.close();
 * console.log('10 ms later');
 * // => 10 ms later
 * ```
 */
export function cleanup<T>(work: Source<T>): DelayedResult<T> {
  const call = callOf<T>(work, 'cleanup()', cleanup);
  const collector = collectingExecution();
  const member = (collector ?? currentExecution())?.member;
  const producer: { shields: true; need?: Need } = { shields: true };
  const result = new DelayedResult<T>(producer);
  // Over when it has said how it ended, and what that leaves behind has been torn down; in either order.
  let signs = 2;
  const over = (): void => {
    signs--;
    if (signs === 0) {
      collector?.release();
      member?.release();
    }
  };
  const failed = (error: unknown): void => {
    settle(result, { error });
    if (result.awaited) {
      tellEnd(result); // A cancel does not keep those from hearing it who wait for it.
    } else {
      flatten(error).forEach((each) => (member === undefined ? reportUnhandled(each) : member.failed(each)));
    }
    over();
  };
  const complete = (): void => {
    settle(result);
    tellEnd(result);
    over();
  };
  collector?.hold();
  member?.hold(true);
  const execution = call[open](
    { next: (value) => emitTo(result, value), error: failed, complete },
    undefined,
    member,
  );
  producer.need = execution;
  execution.whenCleanedUp(over);
  execution.begin();
  return result;
}
