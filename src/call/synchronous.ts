import type { TamedCall } from './call.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import type { Emitted } from './function-execution.ts';
import { sleep } from './sleep.ts';
import { tamed } from './tamed.ts';

/**
 * Runs `fn` in a fresh macrotask, where blocking works. It is an island for synchronous code, also of other libraries: that code
 * may call `block()`, even if the caller of `synchronous` stands behind an `await` or at the top level of an ES module.
 *
 * It emits the values of what `fn` returns, by the table of {@link tamed}, and fails with what `fn` throws. To unsubscribe before
 * `fn` has begun keeps it from beginning. While `fn` blocks, to unsubscribe ends the call on which it blocks. `synchronous`
 * throws a `TypeError` at once if `fn` is no function.
 *
 * @example
 * ```ts
 * import { synchronous, tamed } from 'async-tamer';
 *
 * const load = tamed(async (id: number) => ({ id }));
 * const legacy = { render: () => `<b>${load(1).block().id}</b>` };
 * console.log(await synchronous(() => legacy.render()));
 * // => <b>1</b>
 * ```
 */
export function synchronous<R>(fn: () => R): TamedCall<Emitted<R>> {
  if (typeof fn !== 'function') {
    const error = new TypeError(
      `synchronous() takes a function, but got ${quote(fn)}. Write: synchronous(() => …).`,
    );
    throw startStackAt(error, synchronous);
  }
  const run = tamed(fn);
  return island(run);
}

const island = tamed(function* synchronous<T>(run: () => TamedCall<T>) {
  yield* sleep(0);
  return yield* run();
});
