import type { InteropObservable, Observable } from 'rxjs';

import { callOf, define, TamedCall, type Definition } from './call.ts';
import { checkOptions } from '../execution/check-options.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import type { Execution } from '../execution/execution.ts';
import { ExecutionForEach, type Plan } from './for-each.ts';
import { isPlatformObservable, type PlatformObservable } from './platform-observable.ts';
import type { Emitted } from './function-execution.ts';
import { isAsyncIterable, isObservable } from './shapes.ts';
import { limit } from './limit.ts';
import type { Printer } from '../result/print.ts';
import type { Sink } from '../execution/sink.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import { open } from '../result/waitable.ts';

/**
 * The options of {@link concurrently}.
 *
 * @example
 * ```ts
 * import { concurrently, type ConcurrentlyOptions } from 'async-tamer';
 *
 * const options: ConcurrentlyOptions = { concurrency: 4, ordered: false };
 * await concurrently(['a', 'b'], (word) => console.log(word), options);
 * // => a
 * // => b
 * ```
 */
export interface ConcurrentlyOptions {
  /** How many calls run at once: a whole number from 1, or `Infinity`. */
  readonly concurrency: number;
  /** Whether results are emitted in the order of the source (the default), or as they arrive. */
  readonly ordered?: boolean | undefined;
}

/**
 * Calls `fn` for each value of `source`, so many at once, and emits the result of each call: its last value, as `await` would
 * give it. `fn` may return anything that a {@link tamed} function may return.
 *
 * It reads the source only when there is room for one more call. Under `for await` it reads no faster than the loop takes the
 * results. An Observable cannot be held back, so its values are buffered.
 *
 * It completes when the source and all calls have ended. It fails with the first failure of a call or of the source, unchanged,
 * when all other calls have been cancelled and have cleaned up. A call without a value fails with RxJS's `EmptyError`. After a
 * failure, and when it is unsubscribed, it calls the source's `return()` and waits for that. Under `block()` one call runs after
 * the other. It throws a `TypeError` at once for a wrong argument.
 *
 * @example
 * ```ts
 * import { concurrently, sleep } from 'async-tamer';
 *
 * async function* rows() { yield 30; yield 10; yield 20; }
 * const slowly = async (ms: number) => { await sleep(ms); return `${ms} ms`; };
 * for await (const text of concurrently(rows(), slowly, { concurrency: 2 })) {
 *   console.log(text);
 * }
 * // => 30 ms
 * // => 10 ms
 * // => 20 ms
 * ```
 */
export function concurrently<T, R>(
  source: Iterable<T> | AsyncIterable<T> | Observable<T> | InteropObservable<T> | PlatformObservable<T>,
  fn: (value: T, index: number) => R,
  options: ConcurrentlyOptions,
): TamedCall<Emitted<R>> {
  try {
    return new CallForEach<T, Emitted<R>>(source, fn, options);
  } catch (error) {
    throw startStackAt(error as Error, concurrently); // The errors below are all that it throws.
  }
}

const known: readonly string[] = ['concurrency', 'ordered'] satisfies (keyof ConcurrentlyOptions)[];

function check(fn: unknown, options: ConcurrentlyOptions): void {
  if (typeof fn !== 'function') {
    throw new TypeError(`concurrently() takes a function for each value, but got ${quote(fn)}.`);
  }
  if (typeof (options as unknown) !== 'object' || (options as unknown) === null) {
    throw new TypeError(
      `concurrently() takes options, { concurrency, ordered }, but got ${quote(options)}. ` +
        'Say how many run at once: { concurrency: 8 }.',
    );
  }
  checkOptions('concurrently()', options, known, concurrently);
  limit('concurrency', options.concurrency);
  if (options.ordered !== undefined && typeof options.ordered !== 'boolean') {
    throw new TypeError(`The option "ordered" is true or false, but got ${quote(options.ordered)}.`);
  }
}

/** The calls for all values of a source, as one. */
class CallForEach<T, R> extends TamedCall<R> {
  readonly #plan: Plan<T>;

  constructor(input: unknown, fn: (value: T, index: number) => unknown, options: ConcurrentlyOptions) {
    super();
    check(fn, options);
    const { concurrency, ordered = true } = options;
    this.#plan = {
      input: inputOf<T>(input),
      definition: define(fn.name, 'function', fn as Definition['fn']), // It gets a value and its index.
      concurrency,
      ordered,
    };
  }

  override get name(): string {
    return 'concurrently';
  }

  override [open](sink: Sink<R>, owner: Execution | undefined, member?: ScopeMember): Execution<R> {
    return new ExecutionForEach<T, R>(this.#plan, sink, owner, member);
  }

  override expression({ value }: Printer): string {
    const { input, definition } = this.#plan;
    return `concurrently(${value(input)}, ${definition.name || '(anonymous)'})`;
  }
}

function inputOf<T>(source: unknown): Plan<T>['input'] {
  if (isObservable(source) || isAsyncIterable(source) || isPlatformObservable(source)) {
    return callOf<T>(source, 'concurrently()', concurrently);
  }
  if (typeof (source as Partial<Iterable<T>> | null | undefined)?.[Symbol.iterator] !== 'function') {
    throw new TypeError(
      `concurrently() reads an iterable, an async iterable or an Observable, but got ${quote(source)}.`,
    );
  }
  return source as Iterable<T>;
}
