// The room `result`: what calls and results share, and the result itself.
//
// It promises to the rooms above: each waiter is told once, in order.
// It takes from `blocking`: that `block()` returns or refuses. It takes from `execution`: the current execution, the awaits that it
// has to reject when it is cancelled, and the end of a cascade, before which no waiter is told of a cancel.

import type { Observable, Subscriber } from 'rxjs';

import { ResultUnavailableError, startStackAt, waitsInCircle } from '../execution/errors.ts';
import type { Cancellation } from '../execution/cancellation.ts';
import { afterCascade, cascade, cascading } from '../execution/cascade.ts';
import { together } from '../execution/queue.ts';
import { currentExecution, type Execution } from '../execution/execution.ts';
import { print, printed, type PrintArgs, type Printer } from './print.ts';
import { Linked } from '../execution/linked.ts';
import { circle, type Need } from '../execution/need.ts';
import { outward, type Enclosed } from '../execution/scope-member.ts';
import type { Sink } from '../execution/sink.ts';
import { unplacedError } from '../execution/stack.ts';
import type { Producer, Waiting } from './producer.ts';
import { SubscriberSink } from './subscriber-sink.ts';
import { Announcements } from './announcements.ts';
import { Round, Telling } from './telling.ts';
import { NOT_THERE, open, Waitable, type Waiter } from './waitable.ts';

// How the library settles a result. The class assigns these functions, since they reach its private state.

/** Its child emitted `value`. */
export let emitTo: <T>(result: DelayedResult<T>, value: T) => void;
/** Its child completed or failed. The result knows this at once; {@link tellEnd} tells the waiters. */
export let settle: (result: DelayedResult<unknown>, failure?: { readonly error: unknown }) => void;
/** Tells the waiters that it has ended, and how. */
export let tellEnd: (result: DelayedResult<unknown>) => void;
/** Its child was cancelled. The result knows this at once; the waiters are told when the whole cascade is over. */
export let cancelResult: (result: DelayedResult<unknown>, cancellation: Cancellation) => void;
/** What its child waits for has changed: waiters that stand in a circle now get the error for that. */
export let refuseCircles: (result: DelayedResult<unknown>) => void;
/** Whether its failure has reached a caller. */
export let isDelivered: (result: DelayedResult<unknown>) => boolean;
/** Whether code inside a call has asked for it. */
export let isNeeded: (result: DelayedResult<unknown>) => boolean;
/** Whether code is about to wait for it. */
export let isAnnounced: (result: DelayedResult<unknown>) => boolean;
let whatOf: (result: DelayedResult<unknown>) => string;
let needOf: (result: DelayedResult<unknown>) => Need | undefined;
let addWaiter: <T>(result: DelayedResult<T>, waiter: ResultWaiter<T>) => void;
let dropWaiter: <T>(result: DelayedResult<T>, waiter: ResultWaiter<T>) => void;
let tellWaiter: <T>(result: DelayedResult<T>, waiter: ResultWaiter<T>) => void;
let deliver: <T>(result: DelayedResult<T>, waiter: ResultWaiter<T>) => void;

const NO_WAITERS: readonly never[] = [];

/**
 * The value of a started call, which arrives late. It can be awaited, waited for with `yield*`, subscribed (it replays the latest
 * value and the end), looped over with `for await`, and read once it is there.
 *
 * A result is a value, not code. So it cannot be cancelled: its scope can. Code that waits for a cancelled result gets a
 * `CancelledError`. As an Observable it completes then, as `takeUntil` does. If no code waits for a failed result, its scope
 * throws the failure when it closes. A failed result never becomes an unhandled rejection.
 *
 * @example
 * ```ts
 * import { AsyncScope, tamed } from 'async-tamer';
 *
 * await using scope = new AsyncScope();
 * const result = scope.start(tamed(async () => 42)());
 * console.log(result.status, await result, result.status, result.value);
 * // => pending 42 succeeded 42
 * ```
 */
export class DelayedResult<T> extends Waitable<T> {
  #status: DelayedResult<T>['status'] = 'pending';
  #value: T | typeof NOT_THERE = NOT_THERE;
  // The failure of a failed result; the `Cancellation` of a cancelled one.
  #cause: unknown;
  // Whether code has asked for it, and whether its failure has reached a caller.
  #heard: 'not at all' | 'asked' | 'delivered' = 'not at all';
  // Code inside a call has asked for it.
  #needed = false;
  readonly #producer: Producer;
  // Made when code first reads `then` while it is pending.
  #announced: Announcements | undefined;
  // Made for the first waiter. Waiters leave it when they have been told the end, or give up.
  #waiters: Linked<ResultWaiter<T>> | undefined;
  // Who is being told a value just now.
  #round: Round<T> | undefined;

  /** @internal Made by {@link AsyncScope.start} and {@link AsyncScope.close}. */
  constructor(producer: Producer) {
    super(subscribe);
    this.#producer = producer;
  }

  /** `pending` until its child has ended: `succeeded`, `failed` or `cancelled`. */
  get status(): 'pending' | 'succeeded' | 'failed' | 'cancelled' {
    return this.#status;
  }

  /** Whether code has asked for the outcome: it awaited, subscribed or looped, or waited with `yield*` or `block()`. */
  get awaited(): boolean {
    return this.#heard !== 'not at all';
  }

  /**
   * The last value, once the child has succeeded. Before that, and after a cancel, a failure (`cause` is the failure) or an end
   * without a value, it throws a {@link ResultUnavailableError}. To read `value` does not count as awaiting.
   */
  get value(): T {
    if (this.#status === 'succeeded' && this.#value !== NOT_THERE) {
      return this.#value;
    }
    const [message, options] = this.#unavailable();
    const getter = Object.getOwnPropertyDescriptor(DelayedResult.prototype, 'value')?.get;
    throw startStackAt(new ResultUnavailableError(message, options), getter);
  }

  /** @internal */
  override get shields(): boolean {
    return this.#producer.shields === true;
  }

  /** @internal */
  override circles(owner: Execution): boolean {
    const needed = this.#needed;
    const circles = this.#circle(owner) !== undefined;
    this.#needed = needed; // It has not asked yet.
    return circles;
  }

  /** @internal */
  override announce(): (() => void) | undefined {
    return this.#status === 'pending' ? (this.#announced ??= new Announcements()).make() : undefined;
  }

  /** @internal */
  override arrived(owner: Execution | undefined): T | typeof NOT_THERE {
    if (this.#status !== 'succeeded' || this.#value === NOT_THERE) {
      return NOT_THERE;
    }
    this.#needed ||= owner !== undefined;
    this.#ask();
    return this.#value;
  }

  #circle(owner: Execution): readonly string[] | undefined {
    this.#needed = true;
    // If no code has asked for what the owner is part of, nothing that the owner waits for can wait for it.
    return this.#status === 'pending' && outward(owner.member, isAsked) !== undefined
      ? circle(this.#producer, owner)
      : undefined;
  }

  #unavailable(): [string, ErrorOptions?] {
    switch (this.#status) {
      case 'pending':
        return ['Result is not yet available.'];
      case 'cancelled':
        return ['Execution was cancelled.', { cause: (this.#cause as Cancellation).error }];
      case 'failed':
        return ['Failed to compute result.', { cause: this.#cause }];
      case 'succeeded':
        return ['Completed without a value.'];
    }
  }

  /** What `Object.prototype.toString` calls it. */
  override get [Symbol.toStringTag](): string {
    return 'DelayedResult';
  }

  /** @internal To look at it does not count as awaiting. */
  [printed](...args: PrintArgs): string {
    return print('DelayedResult', (printer) => ` { ${this.#outcome(printer)} }`, args);
  }

  #outcome({ value, special }: Printer): string {
    switch (this.#status) {
      case 'pending':
        return special('pending');
      case 'succeeded':
        return this.#value === NOT_THERE ? special('without a value') : value(this.#value);
      case 'failed':
        return `${special('failed')} ${value(this.#cause)}`;
      case 'cancelled': {
        const reason = (this.#cause as Cancellation).cause;
        return reason === undefined ? special('cancelled') : `${special('cancelled')} ${value(reason)}`;
      }
    }
  }

  /** @internal */
  override [open](sink: Sink<T>, owner: Execution | undefined): Waiter {
    return new ResultWaiter(this, sink, owner, true);
  }

  // The rest is for the library alone: see the functions above the class.

  static {
    emitTo = (result, value) => result.#emit(value);
    settle = (result, failure) => result.#settle(failure);
    tellEnd = (result) => result.#tellAll();
    cancelResult = (result, cancellation) => result.#cancel(cancellation);
    refuseCircles = (result) => result.#snapshot().forEach((waiter) => result.#refuseStanding(waiter));
    isDelivered = (result) => result.#heard === 'delivered';
    isNeeded = (result) => result.#needed;
    isAnnounced = (result) => result.#announced?.any === true;
    whatOf = (result) => `The result of ${result.#producer.title ?? 'what was started'}`;
    needOf = (result) => (result.#status === 'pending' ? result.#producer : undefined);
    addWaiter = (result, waiter) => result.#add(waiter);
    dropWaiter = (result, waiter) => result.#waiters?.delete(waiter);
    tellWaiter = (result, waiter) => result.#tell(waiter);
    deliver = (result, waiter) => result.#deliver(waiter);
  }

  #emit(value: T): void {
    this.#finishRound();
    this.#value = value;
    const waiters = this.#snapshot();
    if (waiters.length > 0) {
      this.#round = new Round(value, waiters);
      this.#finishRound();
    }
  }

  /**
   * Tells the value to the waiters that have not heard it. One of them may answer a value with the next one, or with the end: then
   * those behind it hear this value before that, as for all waiters the last value is the same.
   */
  #finishRound(): void {
    const round = this.#round;
    round?.tellRest();
    if (this.#round === round) {
      this.#round = undefined;
    }
  }

  #settle(failure?: { readonly error: unknown }): void {
    this.#status = failure === undefined ? 'succeeded' : 'failed';
    this.#cause = failure?.error;
  }

  #cancel(cancellation: Cancellation): void {
    this.#status = 'cancelled';
    this.#cause = cancellation;
    if (this.#waiters !== undefined) {
      this.#tellAfterCascade();
    }
  }

  #tellAfterCascade(): void {
    afterCascade(() => this.#tellAll());
  }

  #tellAll(): void {
    this.#finishRound();
    const waiters = this.#waiters;
    if (waiters !== undefined && waiters.size > 0) {
      together(new Telling(waiters)); // If the first waiter acts on the end, that goes on when all have been told.
    }
  }

  /** The waiters so far. A waiter that comes while they are told is told by itself. */
  #snapshot(): readonly ResultWaiter<T>[] {
    return this.#waiters?.all() ?? NO_WAITERS;
  }

  #ask(): void {
    if (this.#heard === 'not at all') {
      this.#heard = 'asked';
      this.#producer.awaited?.();
    }
  }

  #add(waiter: ResultWaiter<T>): void {
    this.#ask();
    const refusal = this.#producer.refusal?.(waiter.owner) ?? this.#refuseCircle(waiter);
    if (refusal !== undefined && this.#status === 'pending') {
      waiter.sink.error(refusal);
      return;
    }
    // It may answer the value with the next one, which is told to the waiters so far.
    for (let told: unknown = NOT_THERE; !Object.is(this.#value, told) && !waiter.hasLeft;) {
      told = this.#value;
      waiter.sink.next(this.#value as T); // It is there, since it is not NOT_THERE.
    }
    if (waiter.hasLeft) {
      return; // One value was enough for it, or what it did with that has ended it. It hears of no failure.
    }
    if (this.#status === 'pending') {
      (this.#waiters ??= new Linked()).add(waiter);
      waiter.waiting = this.#producer.awaitedBy?.(waiter.owner);
      waiter.waiting?.begin(); // Assigned first: it may be told the end in there.
    } else if (this.#status === 'cancelled' && cascading()) {
      (this.#waiters ??= new Linked()).add(waiter);
      this.#tellAfterCascade();
    } else if (this.#status === 'failed') {
      together({ proceed: () => this.#tell(waiter) }); // What its delivery causes waits until it has been told.
    } else {
      this.#tell(waiter);
    }
  }

  #refuseCircle({ owner, sink }: ResultWaiter<T>): Error | undefined {
    const titles = owner === undefined ? undefined : this.#circle(owner);
    return titles === undefined || sink.stands !== true ? undefined : unplacedError(waitsInCircle(titles));
  }

  #refuseStanding(waiter: ResultWaiter<T>): void {
    const refusal = this.#refuseCircle(waiter);
    if (refusal !== undefined) {
      waiter.drop();
      waiter.sink.error(refusal);
    }
  }

  #tell(waiter: ResultWaiter<T>): void {
    if (waiter.hasLeft) {
      return;
    }
    waiter.leave();
    const { sink } = waiter;
    if (this.#status === 'failed') {
      if (sink.defers !== true) {
        this.#deliver(waiter); // This comes first: telling may end the execution that waits, and then its caller is no longer known.
      }
      sink.error(this.#cause);
    } else if (this.#status === 'cancelled' && waiter.strict) {
      sink.error((this.#cause as Cancellation).error);
    } else {
      sink.complete();
    }
  }

  #deliver(waiter: ResultWaiter<T>): void {
    if (this.#status === 'failed') {
      this.#heard = 'delivered';
      this.#producer.reached?.(waiter.owner);
    }
  }
}

function isAsked({ asked }: Enclosed): boolean {
  return asked === true;
}

/** The result of a call that is started in a cancelled scope. */
export function cancelledResult<T>(cancellation: Cancellation): DelayedResult<T> {
  const result = new DelayedResult<T>(NO_PRODUCER);
  cascade(() => cancelResult(result, cancellation));
  return result;
}

/** The result of a close that has nothing to wait for. */
export function succeededResult<T>(value: T): DelayedResult<T> {
  const result = new DelayedResult<T>(NO_PRODUCER);
  emitTo(result, value);
  settle(result);
  return result;
}

const NO_PRODUCER: Producer = {};

/** A waiter of a result. */
class ResultWaiter<T> implements Waiter {
  readonly sink: Sink<T>;
  readonly owner: Execution | undefined;
  /** Gets a `CancelledError` where a subscriber of the Observable sees it complete. */
  readonly strict: boolean;
  waiting: Waiting | undefined;
  hasLeft = false;
  before: ResultWaiter<T> | undefined;
  after: ResultWaiter<T> | undefined;
  readonly #result: DelayedResult<T>;

  constructor(result: DelayedResult<T>, sink: Sink<T>, owner: Execution | undefined, strict: boolean) {
    this.#result = result;
    this.sink = sink;
    this.owner = owner;
    this.strict = strict;
  }

  get asynchronous(): boolean {
    return this.#result.status === 'pending';
  }

  get shields(): boolean {
    return this.#result.shields;
  }

  get need(): Need | undefined {
    return needOf(this.#result);
  }

  get what(): string {
    return whatOf(this.#result);
  }

  begin(): void {
    addWaiter(this.#result, this);
  }

  tell(): void {
    tellWaiter(this.#result, this);
  }

  drop(): void {
    this.hasLeft = true;
    dropWaiter(this.#result, this);
    this.leave();
  }

  leave(): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.end();
  }

  reached(): void {
    deliver(this.#result, this);
  }
}

/** RxJS calls it as a method of the Observable that it was given to. */
function subscribe<T>(this: Observable<T>, subscriber: Subscriber<T>): void {
  const owner = currentExecution();
  const result = this as DelayedResult<T>; // It is given to the constructor above alone.
  const waiter = new ResultWaiter(result, new SubscriberSink(subscriber, owner), owner, false);
  subscriber.add(() => waiter.drop()); // First, since the value that it is told at once may end it.
  waiter.begin();
}
