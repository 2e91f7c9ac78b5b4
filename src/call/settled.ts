import { CallOfAll } from './all.ts';
import { callOf, TamedCall } from './call.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import type { Execution } from '../execution/execution.ts';
import type { Source, ValueOf } from './platform-observable.ts';
import { LastValue } from '../execution/last-value.ts';
import type { Printer } from '../result/print.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import type { Sink } from '../execution/sink.ts';
import { open } from '../result/waitable.ts';

/**
 * The outcome of each.
 *
 * @inline
 */
type Outcomes<C extends readonly unknown[]> = {
  -readonly [K in keyof C]: PromiseSettledResult<ValueOf<C[K]>>;
};

/**
 * Waits for several calls at once (or anything else that `tamed.from` takes), until each has ended in some way. It emits the
 * array of their outcomes, as `Promise.allSettled` does: `{ status: 'fulfilled', value }` with the last value, or `{ status:
 * 'rejected', reason }`. A call that ends without a value is rejected with RxJS's `EmptyError`.
 *
 * A cancel of the code that waits is no outcome: it cancels all calls, and interrupts that code when they have cleaned up. If a
 * call alone fails with a `CancelledError`, for example as the result of another scope that was cancelled, that is an outcome.
 * Without calls it emits `[]`. It throws a `TypeError` at once if `calls` is no array of sources.
 *
 * @example
 * ```ts
 * import { allSettled, tamed } from 'async-tamer';
 *
 * const half = tamed(async (n: number) => { if (n % 2 === 1) throw new Error('odd'); return n / 2; });
 * const [two, three] = await allSettled([half(2), half(3)]);
 * console.log(two);
 * console.log(three.status);
 * // => { status: 'fulfilled', value: 1 }
 * // => rejected
 * ```
 */
export function allSettled<const C extends readonly Source<unknown>[]>(calls: C): TamedCall<Outcomes<C>> {
  if (!Array.isArray(calls)) {
    throw startStackAt(
      new TypeError(`allSettled() takes an array of calls, but got ${quote(calls)}.`),
      allSettled,
    );
  }
  const each = calls.map((call: unknown) => new Outcome(callOf<unknown>(call, 'allSettled()', allSettled)));
  return new CallOfAll(each, 'allSettled') as TamedCall<unknown[]> as TamedCall<Outcomes<C>>; // One for each, in their order.
}

/** A call that emits how another call ends, and does not fail. */
class Outcome<T> extends TamedCall<PromiseSettledResult<T>> {
  readonly #call: TamedCall<T>;

  constructor(call: TamedCall<T>) {
    super();
    this.#call = call;
  }

  override get name(): string {
    return this.#call.name;
  }

  override [open](
    sink: Sink<PromiseSettledResult<T>>,
    owner: Execution | undefined,
    member?: ScopeMember,
  ): Execution<PromiseSettledResult<T>> {
    const last = new LastValue<T>();
    const settle = (outcome: PromiseSettledResult<T>): void => {
      sink.next(outcome);
      sink.complete();
    };
    const rejected = (reason: unknown): void => {
      owner?.owner?.hasReceived(reason); // By the outcome. If the code throws it again, that is its failure.
      settle({ status: 'rejected', reason });
    };
    const execution = this.#call[open](
      {
        next: (value) => last.next(value),
        error: rejected,
        complete: () =>
          last.settle((value) => settle({ status: 'fulfilled', value }), rejected, this.#call.what),
      },
      owner,
      member,
    );
    return execution as Execution; // Only its sink sees what it emits.
  }

  override expression(printer: Printer): string {
    return this.#call.expression(printer);
  }
}
