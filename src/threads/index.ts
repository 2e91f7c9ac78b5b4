// The room `threads`. It promises: a call that runs in a thread is like any other call. It can be cancelled, fail and block. It
// takes from `remote`: what all calls that run elsewhere have in common. It takes from `call`: any function can be run as an
// execution. It takes from `execution`: a cancel waits for cleanup.

/**
 * The exported functions of a module, run in worker threads of Node as tamed calls.
 *
 * @module async-tamer/threads
 */

import { startStackAt } from '../execution/errors.ts';
import { functionsOf, hrefOf, type RemoteFunctions } from '../remote/functions.ts';
import { Crew } from './crew.ts';
import { checkThreadsOptions, type ThreadsOptions } from './options.ts';

export type { ThreadLimits, ThreadsOptions } from './options.ts';
export { ThreadError } from '../remote/thread-error.ts';
export { transfer } from './transfer.ts';

/**
 * The exported functions of a module `M`, each as a tamed function that runs in a thread. An export that is no function, is a
 * class, or needs a `this` is left out.
 *
 * Disposing it closes the threads: by `await using`, or by `using` where code may block.
 *
 * @example
 * ```ts
 * import { threads, type Threads } from 'async-tamer/threads';
 *
 * interface Work { square(n: number): number } // or typeof import('./work.js')
 *
 * const sum = async (work: Threads<Work>) => (await work.square(3)) + (await work.square(4));
 * await using work = threads<Work>('data:text/javascript,export const square = (n) => n * n');
 * console.log(await sum(work));
 * // => 25
 * ```
 */
export type Threads<M> = Disposable & AsyncDisposable & RemoteFunctions<M>;

/**
 * Runs the exported functions of a module in worker threads: on many cores, and with a `block()` that works anywhere in Node.
 *
 * It returns an object with a function for each function that the module exports; `M` is the type of the module. The calls are
 * cold, and emit what the function's result gives, as those of `tamed` do: the value of a promise or of a generator; the values
 * of an Observable or an async generator, one by one. The module is an ordinary one, and may export tamed functions, too. No
 * thread is started before the first call, and this thread does not load the module. Each call has a thread to itself while it
 * runs. Idle threads end, and keep no process alive.
 *
 * Arguments and values are copied (structured clone), unless they are marked by {@link transfer}. A `TypeError` names the one
 * that cannot be copied. Errors keep their name, message, stack, cause and own properties. A call errors with a
 * {@link ThreadError} if its thread crashes, or if the module cannot be loaded, and with a `TypeError` if there is no such
 * function. Unsubscribing aborts the call's `abortSignal()` and cleans up in the thread; the scope here waits for that. If the
 * function has not ended `graceMs` later, its thread is ended. Throws a `TypeError` at once for wrong arguments.
 *
 * Under `block()` the call runs in a separate thread while this one sleeps.
 *
 * @example
 * ```ts
 * import { threads } from 'async-tamer/threads';
 *
 * // Usually: threads<typeof import('./work.js')>(new URL('./work.js', import.meta.url))
 * const url = 'data:text/javascript,export const square = (n) => n * n';
 * await using work = threads<{ square(n: number): number }>(url);
 * console.log(await work.square(3), work.square(4).block());
 * // => 9 16
 * ```
 */
export function threads<M>(url: URL | string, options: ThreadsOptions = {}): Threads<M> {
  try {
    return functionsOf(new Crew(hrefOf(url, 'threads'), checkThreadsOptions(options))) as Threads<M>; // The module is not seen here.
  } catch (error) {
    throw error instanceof Error ? startStackAt(error, threads) : error;
  }
}
