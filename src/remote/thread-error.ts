/**
 * A thread could not do its work: it crashed or was ended while a call ran in it, it could not be started, the module cannot be
 * loaded in it, or the threads have been closed. `cause` is the error behind that, where there is one.
 *
 * @example
 * ```ts
 * import { ThreadError, threads } from 'async-tamer/threads';
 *
 * const url = 'data:text/javascript,export const leave = () => process.exit(3)';
 * await using work = threads<{ leave(): void }>(url);
 * await work.leave().catch((error) => console.log(error instanceof ThreadError, error.message));
 * // => true The thread in which "leave" ran has ended: process.exit(3).
 * ```
 */
export class ThreadError extends Error {
  static {
    this.prototype.name = 'ThreadError';
  }
}
