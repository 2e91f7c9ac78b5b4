import { checkOptions } from '../execution/check-options.ts';
import { startStackAt } from '../execution/errors.ts';
import { milliseconds } from '../execution/time.ts';

/**
 * The options of `block()`.
 *
 * @example
 * ```ts
 * import { sleep, type BlockOptions } from 'async-tamer';
 *
 * const patience: BlockOptions = { timeout: 10 };
 * try {
 *   sleep(60_000).block(patience);
 * } catch (error) {
 *   console.log((error as Error).name);
 * }
 * // => TimeoutError
 * ```
 */
export interface BlockOptions {
  /** After so many ms the call is cancelled, and `block()` throws RxJS's `TimeoutError`. Default: no limit. */
  timeout?: number | undefined;
}

/** The time limit of a `block()`. Throws a `TypeError` at the caller of `entry` for a wrong option. */
export function checkBlock(options: BlockOptions, entry: unknown): number | undefined {
  checkOptions('block()', options, ['timeout'], entry);
  try {
    return milliseconds('timeout', options.timeout);
  } catch (error) {
    throw startStackAt(error as TypeError, entry); // Thrown there.
  }
}
