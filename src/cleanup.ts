import type { ObservableInput } from 'rxjs';

import { callOf } from './call.ts';
import { collectingExecution, currentExecution } from './execution.ts';
import { flatten, reportUnhandled } from './ledger.ts';
import { open } from './waitable.ts';

/**
 * Gives asynchronous work to whoever tears down: call it in any RxJS teardown or `finalize` callback. The scope that owns
 * what is torn down closes only when `work` has ended, also where the source ended by itself.
 *
 * `work` is whatever RxJS can subscribe to; it is subscribed at once. If it fails, that is one of the `errors` of the
 * scope's `ScopeError`; where no scope waits, it goes to RxJS's `config.onUnhandledError`. Throws a `TypeError` at once
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
export function cleanup(work: ObservableInput<unknown>): void {
  const call = callOf(work, 'cleanup()', cleanup);
  const collector = collectingExecution();
  const ledger = (collector ?? currentExecution())?.ledger;
  // Over when it has said how it ended, and what that leaves behind has been torn down; in either order.
  let signs = 2;
  const over = (): void => {
    signs--;
    if (signs === 0) {
      collector?.release();
      ledger?.release();
    }
  };
  const failed = (error: unknown): void => {
    flatten(error).forEach((each) => (ledger === undefined ? reportUnhandled(each) : ledger.failed(each)));
    over();
  };
  collector?.hold();
  ledger?.hold(true);
  const execution = call[open]({ next() {}, error: failed, complete: over }, undefined, ledger);
  execution.whenCleanedUp(over);
  execution.begin();
}
