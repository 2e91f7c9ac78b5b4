import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';

import { define, FunctionCall, type Definition } from './call.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import { currentExecution, type Execution } from '../execution/execution.ts';
import type { Emitted } from './function-execution.ts';
import { SubscriberSink } from '../result/subscriber-sink.ts';
import { open } from '../result/waitable.ts';

/**
 * An operator like `switchMap`: it calls `project` for the newest value of the source, and cancels the call before. But it begins
 * the next call only when the call before has cleaned up. If several values come meanwhile, it uses the newest one and skips the
 * others.
 *
 * It emits what the calls emit, by the table of {@link tamed}. It completes when the source has completed and the last call has
 * ended and cleaned up. It fails with the first failure of a call or of the source. To unsubscribe cancels the running call and
 * begins no other; a scope in which the pipeline runs waits for that cleanup. `latest` throws a `TypeError` at once if `project`
 * is no function.
 *
 * @example
 * ```ts
 * import { concat, of, timer } from 'rxjs';
 * import { latest, sleep, tamed } from 'async-tamer';
 *
 * const search = async (word: string) => {
 *   try { await sleep(10); return `found ${word}`; } finally { await sleep(5); console.log(`bye, ${word}`); }
 * };
 * const typed = concat(of('a'), timer(2).pipe(() => of('ab', 'abc')));
 * console.log(await tamed.from(typed.pipe(latest(search))));
 * // => bye, a
 * // => bye, abc
 * // => found abc
 * ```
 */
export function latest<T, R>(project: (value: T, index: number) => R): OperatorFunction<T, Emitted<R>> {
  if (typeof project !== 'function') {
    throw startStackAt(
      new TypeError(`latest() takes a function that makes a call of a value, but got ${quote(project)}.`),
      latest,
    );
  }
  const definition = define(project.name, 'function', project as Definition['fn']); // It gets a value and its index.
  return (source) =>
    new Observable((subscriber) => {
      const calls = new LatestCall<T, Emitted<R>>(definition, subscriber);
      subscriber.add(() => calls.stop());
      // Its own subscriber is caught first, so that a subscriber that has had enough ends a synchronous source, too.
      new Observable<T>((inner) => {
        subscriber.add(inner);
        return source.subscribe(inner);
      }).subscribe({
        next: (value) => calls.next(value),
        error: (error: unknown) => subscriber.error(error),
        complete: () => calls.sourceEnded(),
      });
    });
}

/** Runs one call at a time, and keeps the newest value, which waits for the end of that call. */
class LatestCall<T, R> {
  readonly #definition: Definition;
  readonly #subscriber: Subscriber<R>;
  // The call whose code subscribed. Its scope waits for the calls, whichever code wakes them.
  readonly #owner = currentExecution();
  readonly #sink: SubscriberSink<R>;
  // The call that runs or cleans up. It is over when it has reported its end (unless it was cancelled) and has cleaned up.
  #execution: Execution | undefined;
  #told = false;
  #cleanedUp = false;
  #waiting: { readonly value: T; readonly index: number } | undefined;
  #count = 0;
  #sourceOver = false;

  constructor(definition: Definition, subscriber: Subscriber<R>) {
    this.#definition = definition;
    this.#subscriber = subscriber;
    this.#sink = new SubscriberSink(subscriber, this.#owner);
  }

  next(value: T): void {
    this.#waiting = { value, index: this.#count++ };
    if (this.#execution === undefined) {
      this.#goOn();
    } else if (!this.#told) {
      this.#cancel(this.#execution);
    }
  }

  #cancel(execution: Execution): void {
    this.#told = true;
    execution.teardown();
    // Once more: another teardown takes the place of the listener that was there.
    execution.whenCleanedUp(() => this.#isCleanedUp(execution));
  }

  #isCleanedUp(execution: Execution): void {
    if (execution === this.#execution) {
      this.#cleanedUp = true;
      this.#goOn();
    }
  }

  #isTold(execution: Execution): void {
    if (execution === this.#execution) {
      this.#told = true;
      this.#goOn();
    }
  }

  sourceEnded(): void {
    this.#sourceOver = true;
    this.#goOn();
  }

  stop(): void {
    this.#execution?.teardown();
  }

  /** Begins the next call, or completes, if the one before is over. */
  #goOn(): void {
    if (this.#execution !== undefined && !(this.#told && this.#cleanedUp)) {
      return;
    }
    this.#execution = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (this.#subscriber.closed) {
      return;
    }
    if (waiting !== undefined) {
      this.#begin(waiting.value, waiting.index);
    } else if (this.#sourceOver) {
      this.#sink.complete();
    }
  }

  #begin(value: T, index: number): void {
    const execution: Execution = new FunctionCall<R>(this.#definition, undefined, [value, index])[open](
      {
        next: (result) => this.#sink.next(result),
        error: (error) => this.#sink.error(error),
        complete: () => this.#isTold(execution),
      },
      this.#owner,
    );
    this.#told = false;
    this.#cleanedUp = false;
    this.#execution = execution;
    execution.whenCleanedUp(() => this.#isCleanedUp(execution));
    execution.begin();
  }
}
