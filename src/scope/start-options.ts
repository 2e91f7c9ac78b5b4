import type { Cancellation } from '../execution/cancellation.ts';
import { checkOptions } from '../execution/check-options.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import { onAbort } from '../execution/on-abort.ts';
import type { Child } from './child.ts';
import { halt } from './children.ts';
import { abortSignal } from './options.ts';
import { cancellationBy } from './triggers.ts';

/**
 * The options of {@link AsyncScope.start} for one child.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep, type StartOptions } from 'async-tamer';
 *
 * const remove = new AbortController();
 * const options: StartOptions = { name: 'upload', signal: remove.signal };
 * await using scope = new AsyncScope();
 * const result = scope.start(sleep(1000), options);
 * console.log(scope.children[0].name);
 * remove.abort();
 * console.log(result.status, scope.cancelled);
 * // => upload
 * // => cancelled false
 * scope.start(sleep(Infinity), { name: 'heartbeat', service: true }); // ends when no other child is left
 * ```
 */
export interface StartOptions {
  /** Its abort cancels this child alone, queued or running. This does not count as a failure. */
  signal?: AbortSignal | undefined;
  /** A name for messages and pictures, in the place of the function's. */
  name?: string | undefined;
  /**
   * Whether the child serves the others: a pump, a heartbeat, a rate limiter. The close of the scope does not wait for it. It
   * is cancelled when all others have ended, nested scopes and cleanups included, after a cancel as after a normal end. It
   * takes no place under `concurrency`, and `exitMode: 'raise'` does not ask whether it was awaited. Its failure counts as any
   * other.
   */
  service?: boolean | undefined;
}

const known: readonly string[] = ['signal', 'name', 'service'] satisfies readonly (keyof StartOptions)[];

/** Checks the options of a child. Throws a `TypeError` at the caller of `entry`, for the first wrong option. */
export function checkStart(options: StartOptions | undefined, entry: unknown): StartOptions | undefined {
  if (options === undefined) {
    return undefined;
  }
  checkOptions('AsyncScope.start()', options, known, entry);
  try {
    check(options);
  } catch (error) {
    throw startStackAt(error as TypeError, entry); // Thrown there.
  }
  return options;
}

function check(options: StartOptions): void {
  const { signal, name, service } = options;
  abortSignal('signal', signal);
  if (name !== undefined && typeof (name as unknown) !== 'string') {
    throw new TypeError(`The option "name" is a string, but got ${quote(name)}.`);
  }
  if (service !== undefined && typeof (service as unknown) !== 'boolean') {
    throw new TypeError(`The option "service" is true or false, but got ${quote(service)}.`);
  }
}

/**
 * Takes over a promise. It has begun already, and may reject while it is queued or unobserved: from here on the scope reports
 * that.
 */
export function takeOver(source: unknown): void {
  if (source instanceof Promise) {
    source.catch(() => undefined);
  }
}

/** The reason not to run a child with this signal: the signal has aborted. */
export function refusedBy(signal: AbortSignal | undefined): Cancellation | undefined {
  return signal?.aborted === true ? cancellationBy(signal) : undefined;
}

/** Cancels one child when the signal aborts. */
export function cancelBy(signal: AbortSignal, child: Child): void {
  const cancellation = (): Cancellation => {
    const made = cancellationBy(signal);
    made.of(child.label);
    return made;
  };
  child.signal = {
    remove: onAbort(signal, () => halt(child, cancellation())),
    get cancellation() {
      return signal.aborted ? cancellation() : undefined;
    },
  };
}
