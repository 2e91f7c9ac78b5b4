import { throwError, UnsubscriptionError } from 'rxjs';

import { isInstance } from './errors.ts';

/** The errors that an `UnsubscriptionError` holds, however nested; any other error as it is. */
export function flatten(error: unknown): unknown[] {
  return isInstance(error, UnsubscriptionError) ? error.errors.flatMap(flatten) : [error];
}

/** Reports a failure that reached no caller, as RxJS does: to `config.onUnhandledError`, else as an uncaught error. */
export function reportUnhandled(error: unknown): void {
  throwError(() => error).subscribe();
}

/**
 * Reports the error of a cleanup to exactly one scope: the nearest one that waits, whose child or body `member` is. Where no
 * scope waits, it goes to RxJS.
 */
export function reportTo(member: { failed(error: unknown): void } | undefined, error: unknown): void {
  for (const each of flatten(error)) {
    if (member === undefined) {
      reportUnhandled(each);
    } else {
      member.failed(each);
    }
  }
}
