import { startStackAt } from './errors.ts';
import { currentExecution } from './execution.ts';

/**
 * The signal of the tamed call whose code is running, for `fetch` and every other API that takes an `AbortSignal`. It aborts
 * when that call is cancelled, and only then. In a `finally` block after a cancel it has aborted already.
 *
 * Throws where the current call is not known: outside tamed calls, and after an `await` in a browser without `AsyncContext`. In
 * such a browser, call it before the first `await`.
 *
 * @example
 * ```ts
 * import { abortSignal, tamed } from 'async-tamer';
 *
 * const load = tamed(async (url: string) => {
 *   const response = await fetch(url, { signal: abortSignal() });
 *   return response.text();
 * });
 * console.log(await load('data:,hello'));
 * // => hello
 * ```
 */
export function abortSignal(): AbortSignal {
  const execution = currentExecution();
  if (execution === undefined) {
    const error = new Error(
      'abortSignal() does not know whose signal is asked for: no tamed call is running here. ' +
        'Call it in a tamed function, in a browser before the first "await".',
    );
    throw startStackAt(error, abortSignal);
  }
  return execution.signal;
}
