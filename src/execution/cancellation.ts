import { callOnStack } from './current-call.ts';
import { CancelledError } from './errors.ts';

/**
 * One cancel, handed down to everything that it ends: so its error can be told from every other by identity.
 */
export class Cancellation {
  readonly cause: unknown;
  /** Whose code did it: a function that cancels itself need not be told. */
  readonly by = callOnStack();
  #error: CancelledError | undefined;

  constructor(cause?: unknown) {
    this.cause = cause;
  }

  /** Made when somebody is told: a stack trace costs more than the cancel itself. */
  get error(): CancelledError {
    this.#error ??= new CancelledError(
      undefined,
      this.cause === undefined ? undefined : { cause: this.cause },
    );
    return this.#error;
  }

  /** Whether `error` is this very cancel, come back. Its cause is not: a failure that cancels others is still one. */
  is(error: unknown): boolean {
    return error === this.#error;
  }
}
