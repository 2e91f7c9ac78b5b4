import { throwError, UnsubscriptionError } from 'rxjs';

/** An `UnsubscriptionError` counts as the errors it holds. */
export function flatten(error: unknown): unknown[] {
  return error instanceof UnsubscriptionError ? error.errors.flatMap(flatten) : [error];
}

/** Reports a failure that has nobody else to go to, as RxJS does: `config.onUnhandledError`, else uncaught. */
export function reportUnhandled(error: unknown): void {
  throwError(() => error).subscribe();
}

/** Raised by exactly one scope: the nearest that waits, whose child or body this is; where none does, RxJS reports it. */
export function raiseIn(member: { failed(error: unknown): void } | undefined, error: unknown): void {
  for (const each of flatten(error)) {
    if (member === undefined) {
      reportUnhandled(each);
    } else {
      member.failed(each);
    }
  }
}
