import { callOnStack } from './current-call.ts';
import { CancelledError, isInstance, propertyOf, wordsOf } from './errors.ts';

/** One cancel. Everything that the cancel ends gets this same object, so its error is recognised by identity. */
export class Cancellation {
  readonly cause: unknown;
  /** The call whose code cancelled. A function that cancels itself need not be told of it. */
  readonly by = callOnStack();
  #error: CancelledError | undefined;
  // What was cancelled, as the message names it.
  #what: string | undefined;
  // Whether a signal was aborted with `cause`. A function that throws `cause` then throws its own cancel back.
  #signalled = false;

  constructor(cause?: unknown, what?: string) {
    this.cause = cause;
    this.#what = what;
  }

  /** Sets what was cancelled, for the message. Only the first call counts: it comes from the part that hands the cancel down. */
  of(what: string): void {
    this.#what ??= what;
  }

  /** Made at the first use: its stack trace costs more than the cancel itself. */
  get error(): CancelledError {
    const { cause } = this;
    const what = `${this.#what ?? 'Execution'} was cancelled`;
    this.#error ??=
      cause === undefined
        ? new CancelledError(`${what}.`)
        : new CancelledError(`${what}: ${typeof cause === 'string' ? cause : wordsOf(cause)}`, { cause });
    return this.#error;
  }

  /** Whether `error` is its error. One who waits for others may hear of their cancel before it is cancelled itself. */
  hasError(error: unknown): boolean {
    return this.#error !== undefined && error === this.#error;
  }

  /** Records that a signal was aborted with `cause`, or that the cancel came from such a signal. */
  signals(): void {
    this.#signalled = true;
  }

  /**
   * Whether `error` is a cancel that the cancelled code throws back: any `CancelledError` or `AbortError`, or the reason of a
   * signal that this cancel aborted. Where no signal was aborted with it, `cause` is no such error: a failure that cancels
   * others stays a failure.
   */
  comesBackAs(error: unknown): boolean {
    if (isInstance(error, CancelledError) || propertyOf(error, 'name') === 'AbortError') {
      return true;
    }
    return this.#signalled && error === this.cause;
  }
}
