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
 * How {@link concurrently} goes about it.
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
  /** How many run at once: a whole number from 1, or `Infinity`. */
  readonly concurrency: number;
  /** Whether results are emitted in the order of the source (the default), or as they come. */
  readonly ordered?: boolean | undefined;
}

/**
 * Calls `fn` for each value of `source`, so many at once, and emits what each call gives: its last value, as `await` would.
 * `fn` may return whatever a {@link tamed} function may.
 *
 * The source is read only when there is room for one more, and under `for await` no faster than the loop takes the results. An
 * Observable cannot be held back: it is buffered. Completes when the source has ended, and all calls. Errors with the first
 * failure, of a call or of the source, as it is, when all others have been cancelled and have cleaned up; with RxJS's
 * `EmptyError` for a call without a value. Then, and when it is unsubscribed, the source's `return()` is called, and awaited.
 * Under `block()` one call runs after the other. Throws a `TypeError` at once for what is no source, no function or no option.
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
    throw startStackAt(error as Error, concurrently); // Those below are all that it throws.
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
