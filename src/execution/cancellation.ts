import { callOnStack } from './current-call.ts';
import { CancelledError, wordsOf } from './errors.ts';

/**
 * One cancel, handed down to everything that it ends: so its error can be told from every other by identity.
 */
export class Cancellation {
  readonly cause: unknown;
  /** Whose code did it: a function that cancels itself need not be told. */
  readonly by = callOnStack();
  #error: CancelledError | undefined;
  // What was cancelled, as the message says.
  #what: string | undefined;
  // Whether a signal was aborted with its cause, so that a function may throw that as what its own cancel is.
  #signalled = false;

  constructor(cause?: unknown, what?: string) {
    this.cause = cause;
    this.#what = what;
  }

  /** Says what it cancels; the first to say so is right, since that hands it down. */
  of(what: string): void {
    this.#what ??= what;
  }

  /** Made when somebody is told: a stack trace costs more than the cancel itself. */
  get error(): CancelledError {
    const { cause } = this;
    const what = `${this.#what ?? 'Execution'} was cancelled`;
    this.#error ??=
      cause === undefined
        ? new CancelledError(`${what}.`)
        : new CancelledError(`${what}: ${typeof cause === 'string' ? cause : wordsOf(cause)}`, { cause });
    return this.#error;
  }

  /** A signal has been aborted with its cause, or is what it comes from. */
  signals(): void {
    this.#signalled = true;
  }

  /**
   * Whether `error` is a cancel come back: the error of any cancel or abort, whoever did it, or the reason of a signal that
   * this cancel has aborted. Without such a signal the cause is none: a failure that cancels others is still one.
   */
  comesBackAs(error: unknown): boolean {
    if (error instanceof CancelledError || (error as Error | undefined | null)?.name === 'AbortError') {
      return true;
    }
    return this.#signalled && error === this.cause;
  }
}
