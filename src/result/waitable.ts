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
import { isInRace, isOfEngine } from './engine.ts';
import { CallIterator } from './iteration.ts';
import { LastValue } from '../execution/last-value.ts';

/** A wait that has begun or is about to begin: the execution of a call, or a place among the waiters of a result. */
export type Wait = Execution | Waiter;

/** A place among the waiters of a result. */
export interface Waiter extends Blockable {
  drop(): void;
  /** What it waits for is a cleanup, so a cancel does not interrupt it. */
  readonly shields?: boolean;
  /** To be called by a sink that defers, when the failure that it was told of has arrived. Absent if no code asks. */
  reached?(): void;
}

/** Stands for a value that has not come. */
export const NOT_THERE = Symbol('not there');

/** How code inside the library waits: `sink` is told everything, and nothing runs before `begin()`. */
export const open = Symbol('open');
/** The same for a coroutine, which can also wait for what needs no execution. */
export const enlist = Symbol('enlist');

/**
 * The common part of calls and results: an Observable that is also a promise, and can be waited for with `yield*`.
 *
 * To be both is full of traps; they are all handled here. RxJS asks `instanceof Observable` before it looks for `then`, so in a
 * pipeline it is an Observable. `await`, `Promise.all` and the like look for `then` alone. And `yield*` asks for
 * `Symbol.iterator`, so spreading one by mistake must fail: see {@link Step}.
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

  /** @internal Whether code of `owner` would wait for itself in a circle, if it waited here and could go on in no other way. */
  circles?(owner: Execution): boolean;

  /** @internal The value that code of `owner` has asked for and need not wait for; `NOT_THERE`, if it has to wait. */
  arrived(_owner: Execution | undefined): T | typeof NOT_THERE {
    return NOT_THERE;
  }

  /** @internal */
  invokeSync(): unknown {
    return undefined;
  }

  /**
   * @internal Code has read `then` and is about to call it: the engine does so in a microtask. To be called when that happens. The
   * code is not waited for beyond that microtask.
   */
  announce?(): (() => void) | undefined;

  /** @internal Cancelled code of `owner` wanted to wait for it, and will not: it does not begin. */
  refused?(owner: Execution): void;

  protected constructor(subscribe: (this: Observable<T>, subscriber: Subscriber<T>) => TeardownLogic) {
    super(subscribe);
  }

  /**
   * Waits for the last value. The promise fulfils with that value. It rejects with the failure, or with RxJS's `EmptyError` if
   * there was no value. Each use of it on a call runs that call.
   *
   * This is a getter, because `await` reads `then` at once but calls it in a microtask: only the getter still knows whose code is
   * waiting.
   */
  get then(): Promise<T>['then'] {
    const asked = askedFor(this);
    const ask = this.announce?.();
    return (onFulfilled, onRejected) => {
      ask?.();
      return settlement(this, asked, onRejected).then(onFulfilled, onRejected);
    };
  }

  /** As {@link then} with a handler for the failure alone. */
  get catch(): Promise<T>['catch'] {
    const asked = askedFor(this);
    return (onRejected) => settlement(this, asked).catch(onRejected);
  }

  /** As {@link then} with a handler that runs at every kind of end, and changes nothing. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return settlement(this, askedFor(this)).finally(onFinally);
  }

  /**
   * Waits on the spot, and returns the last value. It throws the failure as it is, or RxJS's `EmptyError` if there was no value.
   * On a call it runs that call.
   *
   * It returns at once if it need not wait: for a settled result, a call that settles synchronously, a leaf with a `sync`, and a
   * coroutine whose leaves all have one. Otherwise it advances the virtual clock, if one is installed. Otherwise it turns the
   * event loop of Node, and sleeps while there is nothing to do; timers, I/O and scopes go on meanwhile. `block()` is for
   * scripts, tools and tests, not for servers.
   *
   * `timeout` is a limit in ms. After it the call is cancelled, in its thread, too. When the call has cleaned up, `block()`
   * throws RxJS's `TimeoutError`. A result is not cancelled: `block()` only stops waiting for it. Code that computes, and a
   * `sync` function of yours, cannot be interrupted: `block()` notices the limit when they return.
   *
   * Where blocking is impossible, it throws a {@link BlockingError} that says what to do. It throws before any code runs, or
   * cancels the code that began. The places are: a browser; a microtask (after an `await`, and at the top level of an ES module);
   * inside another `block()` that turns the loop; a `setImmediate()` callback; under Node's HTTP parser. It throws, too, if the
   * addon `@se-oss/deasync` is not installed, and if nothing is left in the loop that could settle the call.
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
    const ms = options === undefined ? undefined : checkBlock(options, this.block);
    return block((sink, owner) => this[open](sink, owner), this.block, ms);
  }

  /**
   * The same Observable without its promise face, for code that prefers promises over Observables, such as Angular's `async`
   * pipe.
   */
  asObservable(): Observable<T> {
    return new Observable((subscriber) => this.subscribe(subscriber));
  }

  /** Waits for the last value in a tamed generator: `const value = yield* call`. Anywhere else it throws. */
  [Symbol.iterator](): Iterator<never, T, unknown> {
    return new Step(this) as unknown as Iterator<never, T, unknown>; // A step passes itself to the driver of the generator.
  }

  /** Loops over the emitted values, one by one: `for await (const row of call)`. To leave the loop unsubscribes. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    const owner = waitingExecution();
    return new CallIterator(owner, (sink) => this[open](sink, owner));
  }

  /** Throws a `TypeError`, since the code forgot to wait: `save() + 1`, `` `${save()}` ``. */
  [Symbol.toPrimitive](): never {
    throw startStackAt(new TypeError(forgotten(this)), this[Symbol.toPrimitive]);
  }

  get [Symbol.toStringTag](): string {
    return 'Waitable';
  }
}

/** The error for code that uses a call or result as if it were its value. */
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
 * The thing that `yield*` makes of a call or result, and passes to the driver of the coroutine. It is its own iterator and its
 * own iterator result, so that a `yield*` costs one object.
 *
 * Invariant: only a driver takes a step. If a step is asked to go on and was never taken, the code has spread it or looped over
 * it.
 */
export class Step<T = unknown> {
  // Undefined once a driver has taken it.
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
      // Under `block()` a leaf is waited for right here, as code of the generator, so the generator need not be left.
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

  /** Throws, except to a matcher that compares: it gets one element, which is this very call or result. */
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

  /** The driver promises to say how this ends. */
  take(): Waitable<T> {
    const waitable = this.#waitable as Waitable<T>; // It is taken once.
    this.#state = 'taken';
    this.#waitable = undefined;
    return waitable;
  }
}

/** The call whose code asks for a promise, as it was when that code read `then`; `await` calls `then` in a microtask. */
class Asked {
  readonly owner: Execution | undefined;
  /**
   * Whether that code can go on only after this, and does not race it against something else. It is looked at if the code would
   * wait for itself.
   */
  readonly stands: boolean | undefined;
  readonly #cancelled: boolean;

  constructor(waitable: Waitable<unknown> | undefined, owner: Execution | undefined) {
    this.owner = owner;
    this.#cancelled = owner?.cancellation !== undefined;
    this.stands = owner !== undefined && waitable?.circles?.(owner) === true ? !isInRace() : undefined;
  }

  /** If the code was cancelled since, it stands at this very await, even if it was told of the cancel in another way, too. */
  get refused(): boolean {
    const { owner } = this;
    return owner?.refuses() === true || (!this.#cancelled && owner?.cancellation !== undefined);
  }
}

/** The code of no call asks. */
const NO_CALL = new Asked(undefined, undefined);

function askedFor(waitable: Waitable<unknown>): Asked {
  const owner = waitingExecution();
  return owner === undefined ? NO_CALL : new Asked(waitable, owner);
}

/** A native promise of the last value. */
function settlement<T>(waitable: Waitable<T>, asked: Asked, onRejected?: unknown): Promise<T> {
  const { owner } = asked;
  if (owner?.member?.parked === true) {
    return new Promise(() => undefined); // The code swallows its cancel: its scope has let it go, and it must not go on.
  }
  if (owner !== undefined && asked.refused && !waitable.shields) {
    waitable.refused?.(owner);
    return new Promise((_resolve, reject) => owner.refuse(reject));
  }
  const value = waitable.arrived(owner);
  return value === NOT_THERE ? promised(waitable, asked, onRejected) : Promise.resolve(value);
}

/** A native promise of the last value, for which code waits. */
function promised<T>(waitable: Waitable<T>, asked: Asked, onRejected: unknown): Promise<T> {
  const { owner } = asked;
  return new Promise((resolve, reject) => {
    const settling = new Settling(resolve, reject, asked, waitable.shields, onRejected);
    const wait = waitable[open](settling, owner);
    if (wait instanceof Execution) {
      wait.ownContext();
    }
    settling.waitFor(wait);
  });
}

/** One promise made from a call or result, and the code that awaits it. */
class Settling<T> implements Sink<T>, PendingAwait {
  readonly waiting = true;
  readonly shielded: boolean;
  readonly reject: (error: unknown) => void;
  readonly #resolve: (value: T) => void;
  readonly #owner: Execution | undefined;
  readonly #last = new LastValue<T>();
  readonly #stands: boolean | undefined;
  // The function that its promise calls when it rejects: a function of the engine, if that is awaited.
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

  /** If code listens to the promise, that code may stand anywhere else. */
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
    this.#owner?.hasReceived(error, !(this.#wait instanceof Execution));
    this.reject(error);
  }

  complete(): void {
    this.#owner?.forget(this);
    this.#last.settle(this.#resolve, this.reject, this.#wait?.what);
  }
}
