// The room `threads`. It promises: a call that runs in a thread is like any call; it can be cancelled, fail and block.
// It takes from `remote`: what calls have in common that run elsewhere. It takes from `call`: that any function can be run as an
// execution. It takes from `execution`: that a cancel waits for cleanup.

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
 * The exported functions of a module `M`, each as a tamed function that runs in a thread. What is no function, is a class, or
 * needs a `this` is not there.
 *
 * Disposing it closes the threads: `await using`, or `using` where it may block.
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
 * It returns an object with a function for each that the module exports; `M` is what TypeScript is to know of them. Its calls
 * are cold, and emit what the function's result says, as those of `tamed` do: the value of a promise or of a generator, what an
 * Observable or an async generator emits, one by one. It is an ordinary module; what it exports may be tamed functions, too. No
 * thread is started before the first call, and the module is not loaded in this one. Each call has a thread for itself while it
 * runs; idle threads end, and keep no process alive.
 *
 * Arguments and values are copied (structured clone), unless they are marked by {@link transfer}, and refused by a `TypeError`
 * that says which of them cannot be. Errors keep their name, message, stack, cause and own properties. A call errors with a
 * {@link ThreadError} if its thread crashes, or if the module cannot be loaded, and with a `TypeError` if there is no such
 * function. Unsubscribing aborts its `abortSignal()` and cleans up in the thread, which the scope here waits for; a function
 * that has not ended `graceMs` later loses its thread. Throws a `TypeError` at once for wrong arguments.
 *
 * Under `block()` it runs in a thread of its own while this one sleeps.
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
