import { asyncScheduler } from 'rxjs';

import { callOf, type TamedCall } from './call.ts';
import type { Source } from './platform-observable.ts';
import { outside } from '../execution/current-call.ts';
import { collectingExecution, currentExecution, type Execution } from '../execution/execution.ts';
import type { Need } from '../execution/need.ts';
import type { Agenda, Ready } from '../execution/queue.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import { reportTo } from '../execution/unhandled.ts';
import { DelayedResult, emitTo, isDelivered, settle, tellEnd } from '../result/result.ts';
import { open } from '../result/waitable.ts';

/**
 * Gives asynchronous work to the scope that tears down. Call it in a teardown or a `finalize` callback of RxJS. The scope that
 * owns the torn-down source closes only when `work` has ended, also if the source ended by itself.
 *
 * It returns a result. A `finally` block that a cancel must not cut off waits for that: `finally { yield* cleanup(release()) }`,
 * or `await cleanup(release())`. No cancel interrupts such a wait. A cancel is delivered at the next wait after it, and a failure
 * that led to the block is not lost.
 *
 * `work` is anything that RxJS can subscribe to, and is subscribed at once. If it fails, and no code waits for the result, its
 * error is one of the `errors` of the scope's `ScopeError`. If no scope waits, it goes to RxJS's `config.onUnhandledError`.
 * `cleanup` throws a `TypeError` at once for any other `work`.
 *
 * @example
 * ```ts
 * import { finalize, NEVER } from 'rxjs';
 * import { AsyncScope, cleanup, sleep } from 'async-tamer';
 *
 * const scope = new AsyncScope({ exitMode: 'cancel' });
 * scope.start(NEVER.pipe(finalize(() => cleanup(sleep(10)))));
 * await scope.close();
 * console.log('10 ms later');
 * // => 10 ms later
 * ```
 */
export function cleanup<T>(work: Source<T>): DelayedResult<T> {
  const call = callOf<T>(work, 'cleanup()', cleanup);
  const collector = collectingExecution();
  const code = currentExecution();
  const member = (collector ?? code)?.member;
  const producer: { shields: true; need?: Need } = { shields: true };
  const result = new DelayedResult<T>(producer);
  collector?.hold();
  member?.hold(true);
  const execution = openCleanup(call, member, {
    next: (value) => emitTo(result, value),
    failed: (error) => {
      settle(result, { error });
      if (result.awaited) {
        tellEnd(result); // A cancel does not keep waiters from hearing it.
      } else {
        reportUnlessHeard(result, error, member, code);
      }
    },
    completed: () => {
      settle(result);
      tellEnd(result);
    },
    over: () => {
      collector?.release();
      member?.release();
    },
  });
  producer.need = execution;
  if (code?.collecting === false && code.blocking !== undefined) {
    execution.blocking = new Unforeseen(code.blocking);
  }
  execution.begin();
  return result;
}

/** A cleanup under `block()` takes the `sync` of its leaves. Whether its code waits for the rest is not known when that begins. */
class Unforeseen implements Agenda {
  readonly #agenda: Agenda;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  later(next: Ready): void {
    this.#agenda.later(next);
  }

  foresee(): void {}
}

/**
 * Reports the failure of a cleanup that no code waits for. The code that began it may be about to wait, since the work can fail
 * at once: it has time until it ends; code outside of any call until the next macrotask. In a teardown no code waits.
 */
function reportUnlessHeard(
  result: DelayedResult<unknown>,
  error: unknown,
  member: ScopeMember | undefined,
  code: Execution | undefined,
): void {
  const report = (): void => {
    if (!isDelivered(result)) {
      reportTo(member, error);
    }
  };
  if (code === undefined) {
    asyncScheduler.schedule(() => outside(report));
  } else if (code.collecting) {
    report();
  } else {
    member?.hold(true);
    code.whenCleanedUp(() => {
      report();
      member?.release();
    });
  }
}

/** The receiver of a cleanup's news. */
interface CleanupSink<T> {
  next?(value: T): void;
  failed(error: unknown): void;
  completed?(): void;
  /** It has ended, and everything that it left behind has been torn down. */
  over(): void;
}

/** Opens `call` as a cleanup under `member`. No cancel reaches it. */
export function openCleanup<T>(
  call: TamedCall<T>,
  member: ScopeMember | undefined,
  sink: CleanupSink<T>,
): Execution<T> {
  // It reports how it ended, and cleans up, in either order.
  let signs = 2;
  const sign = (): void => {
    signs--;
    if (signs === 0) {
      sink.over();
    }
  };
  const execution = call[open](
    {
      next: (value) => sink.next?.(value),
      error: (error) => {
        sink.failed(error);
        sign();
      },
      complete: () => {
        sink.completed?.();
        sign();
      },
    },
    undefined,
    member,
  );
  execution.whenCleanedUp(sign);
  return execution;
}
