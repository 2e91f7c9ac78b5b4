import {
  catchError,
  concat,
  defer,
  finalize,
  of,
  race,
  repeat,
  retry,
  share,
  switchMap,
  take,
  takeUntil,
  tap,
  throwError,
  timeout,
  type Observable,
} from 'rxjs';
import { cleanup, latest, sleep } from '../../src/index.ts';
import { Failure, type Journal } from './journal.ts';
import type { Code, Operator } from './program.ts';

/** Puts a call under an operator. What that swallows or throws is in the journal. */
export function under(
  operator: Operator,
  call: Observable<unknown>,
  journal: Journal,
  where: string,
  callOf: (code: Code) => Observable<unknown>,
): Observable<unknown> {
  switch (operator.name) {
    case 'retry':
      return retried(call, (error) => journal.seen(error, 'caught', where));
    case 'catchError':
      return call.pipe(
        catchError((error: unknown) => {
          journal.seen(error, 'caught', where);
          return of('caught');
        }),
      );
    case 'take':
      return call.pipe(take(1));
    case 'switchMap':
      return concat(of(0), sleep(1)).pipe(switchMap(() => call));
    case 'latest':
      return concat(of(0), sleep(1)).pipe(latest(() => call));
    case 'share':
      return call.pipe(share());
    case 'repeat':
      return call.pipe(repeat(2));
    case 'timeout':
      return timedOut(call, operator.ms, () => journal.failure(where, { mayBeLost: true }));
    case 'takeUntil':
      return call.pipe(takeUntil(sleep(operator.ms)));
    case 'race':
      return race(call, sleep(operator.ms));
    case 'finalize':
      return call.pipe(finalize(() => cleanup(callOf(operator.cleanup))));
    case 'finalizeThrow':
      return call.pipe(
        finalize(() => {
          // RxJS itself loses it where the source ends while it is being subscribed.
          throw journal.failure(where, { mayBeLost: true });
        }),
      );
  }
}

/** A scope may be cancelled by what `timeout` tears down when time is out: then RxJS drops the error that it makes. */
function timedOut(call: Observable<unknown>, ms: number, fail: () => Failure): Observable<unknown> {
  return call.pipe(
    timeout({ first: ms, with: () => throwError(fail) }),
    tap({
      error: (error: unknown) => {
        if (error instanceof Failure) {
          error.mayBeLost = false;
        }
      },
    }),
  );
}

/** `retry` swallows the first error: when it subscribes again, or when what it tears down for that throws another. */
function retried(call: Observable<unknown>, swallowed: (error: unknown) => void): Observable<unknown> {
  return defer(() => {
    let held: { readonly error: unknown } | undefined;
    const release = (): void => {
      if (held !== undefined) {
        swallowed(held.error);
        held = undefined;
      }
    };
    return defer(() => {
      release();
      return call.pipe(tap({ error: (error: unknown) => (held = { error }) }));
    }).pipe(
      retry(1),
      tap({
        error: (error: unknown) => {
          if (error !== held?.error) {
            release();
          }
        },
      }),
    );
  });
}
