import { startStackAt } from '../execution/errors.ts';
import { allRunning } from './leftovers.ts';
import { roll } from './roll.ts';
import { currentClock } from './run.ts';

/**
 * Throws if anything of this library runs or cleans up, and names it: children of scopes, bodies of runs, and calls that belong
 * to no scope, whether awaited, subscribed or blocked on. In a run it also throws if a timer is due.
 *
 * Use it at the end of a test, or of all tests: `afterEach(expectNothingRunning)`. It reports each thing once, so only the test
 * that left it fails. It knows of everything that has begun since `async-tamer/testing` was imported.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep, tamed } from 'async-tamer';
 * import { expectNothingRunning } from 'async-tamer/testing';
 *
 * const poll = tamed(function* poll() { yield* sleep(1000); });
 * const scope = new AsyncScope({ name: 'dashboard' });
 * scope.start(poll());
 * try {
 *   expectNothingRunning();
 * } catch (error) {
 *   console.log((error as Error).message);
 * }
 * scope.cancel();
 * expectNothingRunning();
 * // => 1 thing still runs:
 * // =>   in the scope "dashboard", poll (#1) is running, at sleep
 * ```
 */
export function expectNothingRunning(): void {
  const { calls, scopes } = roll();
  const left = allRunning(calls, scopes).filter(({ what }) => !told.has(what));
  left.forEach(({ what }) => told.add(what));
  const lines = left.map(({ words }) => `  ${words}`);
  const clock = currentClock();
  if (clock?.nextDue !== undefined) {
    lines.push(
      `  ${count(clock.due, 'timer')} on the virtual clock, the next one due at ${clock.nextDue} ms`,
    );
  }
  if (lines.length > 0) {
    const what = `${count(lines.length, 'thing')} still ${lines.length === 1 ? 'runs' : 'run'}:`;
    throw startStackAt(new Error([what, ...lines].join('\n')), expectNothingRunning);
  }
}

// The things for which some test has failed.
const told = new WeakSet<object>();

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
