import { Observable, type Subscriber, type TeardownLogic } from 'rxjs';

import { block, type Blockable } from '../blocking/block.ts';
import { checkBlock, type BlockOptions } from '../blocking/block-options.ts';
import { isLimited } from '../blocking/deadline.ts';
import { startStackAt } from '../execution/errors.ts';
import { currentExecution, Execution, waitingExecution } from '../execution/execution.ts';
import { place } from '../execution/stack.ts';
import type { PendingAwait } from '../execution/owned.ts';
import type { Sink } from '../execution/sink.ts';
import { identityOf, isComparison } from './comparison.ts';
import { CallIterator } from './iteration.ts';
import { LastValue } from '../execution/last-value.ts';

/** What a waiter has begun, or is about to: the execution of a call, or a place among a result's waiters. */
export type Wait = Execution | Waiter;

/** A place among the waiters of a result. */
export interface Waiter extends Blockable {
  drop(): void;
  /** What it waits for is a cleanup, so a cancel does not interrupt it. */
  readonly shields?: boolean;
  /** The failure it was told of has arrived; to be called by a sink that defers. Absent where no code asks. */
  reached?(): void;
}

/** How code inside the library waits: `sink` is told everything, and nothing runs before `begin()`. */
export const open = Symbol('open');
/** The same for a coroutine, which can also wait for what needs no execution. */
export const enlist = Symbol('enlist');

/**
 * What calls and results have in common: an Observable that is a promise, too, and can be waited for with `yield*`.
 *
 * Being both is full of traps; they are all handled here. RxJS asks `instanceof Observable` before it looks for
 * `then`, so in a pipeline it is an Observable. `await`, `Promise.all` and friends look for `then` alone. And
 * `yield*` asks for `Symbol.iterator`, so spreading one by mistake must fail: see {@link Step}.
 */
export abstract class Waitable<T> extends Observable<T> implements Promise<T> {
  /** @internal */
  abstract [open](sink: Sink<T>, owner: Execution | undefined): Wait;

  /** @internal */
  [enlist](sink: Sink<T>, owner: Execution | undefined): Wait {
    return this[open](sink, owner);
  }

  /** @internal Whether it is a leaf that can be waited for on the spot, by {@link invokeSync}. */
  get hasSync(): boolean {
    return false;
  }

  /** @internal Whether it is a cleanup, for which cancelled code may wait. */
  get shields(): boolean {
    return false;
  }

  /** @internal Whether code of `owner` would wait for itself in a circle, if it waited here and went on only after that. */
  circles?(owner: Execution): boolean;

  /** @internal */
  invokeSync(): unknown {
    return undefined;
  }

  /** @internal Cancelled code of `owner` was to wait for it, and will not: it is not begun. */
  refused?(owner: Execution): void;

  protected constructor(subscribe: (this: Observable<T>, subscriber: Subscriber<T>) => TeardownLogic) {
    super(subscribe);
  }

  /**
   * Waits for the last value: fulfils with it, rejects with the failure, or with RxJS's `EmptyError` where there was
   * no value at all. Each use of it on a call runs that call.
   *
   * A getter, because `await` reads `then` at once but calls it in a microtask: only the getter still knows whose
   * code is waiting.
   */
  get then(): Promise<T>['then'] {
    const asked = new Asked(this);
    return (onFulfilled, onRejected) => settlement(this, asked, onRejected).then(onFulfilled, onRejected);
  }

  /** Like {@link then} with a handler for the failure alone. */
  get catch(): Promise<T>['catch'] {
    const asked = new Asked(this);
    return (onRejected) => settlement(this, asked).catch(onRejected);
  }

  /** Like {@link then} with a handler that runs at every kind of end, and changes nothing. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return settlement(this, new Asked(this)).finally(onFinally);
  }

  /**
   * Waits for the last value on the spot, and returns it; throws the failure as it is, or RxJS's `EmptyError` where there was
   * no value at all. On a call it runs that call.
   *
   * It returns at once where nothing has to be waited for: a settled result, a call that settles synchronously, a leaf
   * (made with `sync`), a coroutine whose leaves all are. Otherwise it advances the virtual clock, if one is installed, or
   * turns the event loop of Node, asleep while there is nothing to do; timers, I/O and scopes go on meanwhile. It is for
   * scripts, tools and tests, not for servers.
   *
   * After `timeout` ms, if that is given, the call is cancelled, and RxJS's `TimeoutError` is thrown when it has cleaned up; a result
   * is only waited for no longer. A call in a thread is cancelled there. Code that computes, and a `sync` of yours, cannot be
   * interrupted: that is noticed when they return.
   *
   * Where that is impossible it throws a {@link BlockingError} that says what to do, before anything runs or with what began
   * cancelled: in a browser, in a microtask (after an `await`, and at the top level of an ES module), inside another
   * `block()` that turns the loop, in a `setImmediate()` callback, under Node's HTTP parser, without the addon
   * (`@se-oss/deasync`), and when nothing is left in the loop that could settle it.
   *
   * @example
   * ```ts
   * import { sleep, tamed } from 'async-tamer';
   *
   * const shout = tamed(function* (word: string) {
   *   yield* sleep(10);
   *   return word.toUpperCase();
   * });
   * console.log(shout('hello').block());
   * // => HELLO
   * ```
   */
  block(options?: BlockOptions): T {
    const ms = options && checkBlock(options, this.block);
    return block((sink, owner) => this[open](sink, owner), this.block, ms);
  }

  /** The same without its promise face: for what prefers promises over Observables, such as Angular's `async` pipe. */
  asObservable(): Observable<T> {
    return new Observable((subscriber) => this.subscribe(subscriber));
  }

  /** Waits for the last value in a tamed generator: `const value = yield* call`. Anywhere else it throws. */
  [Symbol.iterator](): Iterator<never, T, unknown> {
    return new Step(this) as unknown as Iterator<never, T, unknown>; // A step passes itself to the driver of the generator.
  }

  /** What it emits, one by one: `for await (const row of call)`. Leaving the loop unsubscribes. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    const owner = waitingExecution();
    return new CallIterator(owner, (sink) => this[open](sink, owner));
  }

  /** Throws a `TypeError`: `save() + 1` and `` `${save()}` `` have forgotten to wait. */
  [Symbol.toPrimitive](): never {
    throw startStackAt(new TypeError(forgotten(this)), this[Symbol.toPrimitive]);
  }

  get [Symbol.toStringTag](): string {
    return 'Waitable';
  }
}

/** For what is taken for the value that it will yield. */
function forgotten(waitable: Waitable<unknown>): string {
  const { name, [Symbol.toStringTag]: tag } = waitable as { name?: string; [Symbol.toStringTag]: string };
  const what = name === undefined || name === '' ? `A ${tag}` : `The ${tag} ${name}(…)`;
  const how = currentExecution()?.drivesSteps === true ? 'Write "yield*" before it.' : WAIT;
  return `${what} is not its value, and cannot be made a primitive: the code has not waited for it. ${how}`;
}

const WAIT = 'Write "await" before it, or "yield*" in a generator given to tamed(); or add ".block()".';

const ADVICE = 'Use "yield*" in a generator given to tamed(), or "await".';
// Two copies of this library do not know each other's executions, but each takes an Observable.
const FOREIGN = 'If it comes from another copy of async-tamer, write "yield* tamed.from(call)".';

/**
 * What `yield*` makes of a call or result, and passes to the driver of the coroutine. It is its own iterator and its
 * own iterator result, so that a `yield*` costs one object.
 *
 * Invariant: only a driver takes a step; one that is asked to go on without having been taken was spread or looped over.
 */
export class Step<T = unknown> {
  // None, once a driver has it.
  #waitable: Waitable<T> | undefined;
  done = false;
  value: unknown = this;
  #state: 'fresh' | 'yielded' | 'taken' | 'compared' = 'fresh';

  constructor(waitable: Waitable<T>) {
    this.#waitable = waitable;
  }

  next(input: T): this {
    if (this.#state !== 'fresh') {
      return this.#end(input, this.next);
    }
    const execution = currentExecution();
    if (execution?.drivesSteps !== true) {
      return this.#misused('iterated or yielded here', this.next, ` ${FOREIGN}`);
    }
    const waitable = this.#waitable;
    const blocks = execution.blocking !== undefined && execution.phase !== 'stopping';
    if (blocks && waitable?.hasSync === true && !isLimited()) {
      // Under block() a leaf is waited for right here, as code of the generator, which need not be left for that.
      this.done = true;
      this.value = waitable.invokeSync();
    } else {
      this.#state = 'yielded';
    }
    return this;
  }

  throw(error: unknown): never {
    throw place(error, this.throw);
  }

  return(value: unknown): this {
    return this.#end(value, this.return);
  }

  #end(value: unknown, entry: unknown): this {
    if (this.#state !== 'taken') {
      return this.#misused('spread, destructured or looped over', entry);
    }
    this.done = true;
    this.value = value;
    return this;
  }

  /** Throws, but for a look that compares: it gets one element, which is that of this call or result alone. */
  #misused(how: string, entry: unknown, more = ''): this {
    const error = startStackAt(new TypeError(`A call or result cannot be ${how}. ${ADVICE}${more}`), entry);
    if (this.#waitable === undefined || !isComparison(error)) {
      throw error;
    }
    this.done = this.#state === 'compared';
    this.value = identityOf(this.#waitable);
    this.#state = 'compared';
    return this;
  }

  /** Whether it is a cleanup, for which cancelled code may wait. */
  get shields(): boolean {
    return this.#waitable?.shields === true;
  }

  /** The driver's word that it will say how this ends. */
  take(): Waitable<T> {
    const waitable = this.#waitable as Waitable<T>; // It is taken once.
    this.#state = 'taken';
    this.#waitable = undefined;
    return waitable;
  }
}

/** Whose code asks for a promise, as it was when that read `then`; `await` calls it in a microtask. */
class Asked {
  readonly owner = waitingExecution();
  /** Whether it goes on only after that, rather than racing it against something else; looked at where it would wait for itself. */
  readonly stands: boolean | undefined;
  readonly #cancelled = this.owner?.cancellation !== undefined;

  constructor(waitable: Waitable<unknown>) {
    this.stands =
      this.owner !== undefined && waitable.circles?.(this.owner) === true ? !isInRace() : undefined;
  }

  /** Cancelled since, the code stands at this very await, in whatever other way it was told besides. */
  get refused(): boolean {
    const { owner } = this;
    return owner?.refuses() === true || (!this.#cancelled && owner?.cancellation !== undefined);
  }
}

/** A native promise of the last value. */
function settlement<T>(waitable: Waitable<T>, asked: Asked, onRejected?: unknown): Promise<T> {
  const { owner } = asked;
  return new Promise((resolve, reject) => {
    if (owner?.member?.parked === true) {
      return; // It swallows its cancel: its scope has let it go, and it shall not go on.
    }
    if (owner !== undefined && asked.refused && !waitable.shields) {
      waitable.refused?.(owner);
      owner.refuse(reject);
      return;
    }
    const settling = new Settling(resolve, reject, asked, waitable.shields, onRejected);
    const wait = waitable[open](settling, owner);
    if (wait instanceof Execution) {
      wait.ownContext();
    }
    settling.waitFor(wait);
  });
}

/** Whether the engine has made that function: `await`, and what takes promises, passes one. */
function isOfEngine(fn: unknown): boolean {
  return typeof fn === 'function' && Function.prototype.toString.call(fn).endsWith('{ [native code] }');
}

/** Whether `Promise.race` or `Promise.any` is what asks for a promise here; V8 shows its own functions on the stack. */
function isInRace(): boolean {
  return /^\s*at (?:Function|Promise)\.(?:race|any) \(<anonymous>\)/m.test(new Error().stack ?? '');
}

/** One promise made from a call or result, and who awaits it. */
class Settling<T> implements Sink<T>, PendingAwait {
  readonly waiting = true;
  readonly shielded: boolean;
  readonly reject: (error: unknown) => void;
  readonly #resolve: (value: T) => void;
  readonly #owner: Execution | undefined;
  readonly #last = new LastValue<T>();
  readonly #stands: boolean | undefined;
  // What its promise calls when it rejects: a function of the engine, where that is awaited.
  readonly #onRejected: unknown;
  #wait: Wait | undefined;

  constructor(
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
    { owner, stands }: Asked,
    shielded: boolean,
    onRejected: unknown,
  ) {
    this.shielded = shielded;
    this.#resolve = resolve;
    this.reject = reject;
    this.#owner = owner;
    this.#stands = stands;
    this.#onRejected = onRejected;
  }

  waitFor(wait: Wait): void {
    this.#wait = wait;
    this.#owner?.remember(this);
    wait.begin();
  }

  /** Where code listens to the promise, that code may stand anywhere else. */
  get need(): Wait | undefined {
    return isOfEngine(this.#onRejected) ? this.#wait : undefined;
  }

  get stands(): boolean {
    return this.need !== undefined && (this.#stands ?? this.#owner?.need === this.#wait);
  }

  get inner(): Execution | undefined {
    return this.#wait instanceof Execution ? this.#wait : undefined;
  }

  drop(): void {
    if (!(this.#wait instanceof Execution)) {
      this.#wait?.drop();
    }
  }

  next(value: T): void {
    this.#last.next(value);
  }

  error(error: unknown): void {
    this.#owner?.forget(this);
    this.#owner?.hasReceived(error);
    this.reject(error);
  }

  complete(): void {
    this.#owner?.forget(this);
    this.#last.settle(this.#resolve, this.reject, this.#wait?.what);
  }
}
