import { TamedCall, type Definition } from './call.ts';
import { Coroutine, type AnyGenerator, type GeneratorSource } from './coroutine.ts';
import { answerOf } from './frame.ts';
import { runIn } from '../execution/context.ts';
import { enter } from '../execution/current-call.ts';
import type { Execution } from '../execution/execution.ts';
import { FunctionExecution, type Invocation } from './function-execution.ts';
import { earsOf, type Ears, type Listener } from './promise.ts';
import { LastValue } from '../execution/last-value.ts';
import { Linked, type Link } from '../execution/linked.ts';
import { ExecutionOfParts } from './parts.ts';
import type { Room, Sink } from '../execution/sink.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import { open } from '../result/waitable.ts';

/** What to do for each subscriber. */
export interface Plan<T> {
  /** An iterator that is read when there is room; or the call of a source whose values come by themselves, or that can wait. */
  readonly input: Iterable<T> | TamedCall<T>;
  readonly definition: Definition;
  readonly concurrency: number;
  readonly ordered: boolean;
}

/** A value that has come, and has no place. */
interface Queued<T> {
  readonly value: T;
  next: Queued<T> | undefined;
}

/**
 * Gives each value of the source a place, in which its call runs. A result that waits for its turn, and a result that a loop has
 * not taken, keep their places only under a loop. Elsewhere that would only slow down the calls.
 */
export class ExecutionForEach<T, R> extends ExecutionOfParts<R> implements Room {
  readonly #plan: Plan<T>;
  // The source, if that is an execution.
  #source: Execution | undefined;
  // The places in which a call runs, in the order of their calls; and those that are free, of which one is used after another.
  readonly #taken = new Linked<Place<T, R>>();
  readonly #free: Place<T, R>[] = [];
  // The iterator that this reads itself, until it is done.
  #iterator: Iterator<T> | undefined;
  #sourceOver = false;
  // The source waits until one more of its values has been read.
  #producer: (() => void) | undefined;
  #first: Queued<T> | undefined;
  #last: Queued<T> | undefined;
  /** How many values have come and have no place. */
  kept = 0;
  #begun = 0;
  // Results that have come before their turn, by their number; and the number whose turn it is.
  readonly #early = new Map<number, R>();
  #turn = 0;
  // Whether it gives places, or code of the iterator runs. An end that comes meanwhile is handled afterwards.
  #giving = false;
  #reading = false;
  readonly #whenRead = (): void => this.#resume();

  constructor(plan: Plan<T>, sink: Sink<R>, owner: Execution | undefined, member?: ScopeMember) {
    super(sink, owner, member);
    this.#plan = plan;
  }

  override get name(): string {
    return 'concurrently';
  }

  begin(): void {
    const { input } = this.#plan;
    if (this.phase !== 'running') {
      return;
    }
    this.keepContext(); // One for all: of the source, whoever ends the call that makes room, and of the calls.
    if (input instanceof TamedCall) {
      this.#source = input[open](
        {
          room: this,
          next: (value) => this.#came(value),
          error: (error) => this.partFailed(error),
          complete: () => this.#sourceEnded(),
        },
        this,
      );
      this.beginPart(this.#source);
    } else {
      this.#read(() => {
        this.#iterator = input[Symbol.iterator]();
      });
      this.goOn();
    }
  }

  /** The source and the calls. */
  protected get parts(): readonly Execution[] {
    const parts = this.#source === undefined ? [] : [this.#source];
    for (let place = this.#taken.first; place !== undefined; place = place.after) {
      parts.push(place.call as Execution); // It is taken.
    }
    return parts;
  }

  /** There is a place for one more. */
  get #hasPlace(): boolean {
    const most = this.blocking === undefined ? this.#plan.concurrency : 1;
    const { room } = this.sink;
    const untaken = room === undefined ? 0 : this.#early.size + room.kept;
    return this.#taken.size + untaken < most;
  }

  get free(): boolean {
    return this.kept === 0 && this.#hasPlace;
  }

  whenRead(listener: () => void): void {
    this.#producer = listener;
  }

  #came(value: T): void {
    const queued: Queued<T> = { value, next: undefined };
    if (this.#last === undefined) {
      this.#first = queued;
    } else {
      this.#last.next = queued;
    }
    this.#last = queued;
    this.kept++;
    this.goOn();
  }

  #sourceEnded(): void {
    this.#sourceOver = true;
    this.goOn();
  }

  /** Gives places while there are any, and values for them. */
  protected goOn(): void {
    if (this.#giving) {
      return;
    }
    this.#giving = true;
    while (this.waiting && this.#hasPlace) {
      const next = this.#next();
      if (next === undefined) {
        break;
      }
      this.#call(next.value);
    }
    this.#giving = false;
    if (!this.waiting) {
      return;
    }
    if (this.#sourceOver && this.kept === 0 && this.#taken.size === 0) {
      const { sink } = this;
      this.end();
      sink.complete();
      return;
    }
    if (!this.#hasPlace) {
      this.sink.room?.whenRead(this.#whenRead);
    }
    const producer = this.#producer;
    this.#producer = undefined;
    producer?.();
  }

  #resume(): void {
    if (this.waiting && !this.#giving) {
      this.enqueue();
    }
  }

  #next(): { readonly value: T } | undefined {
    const first = this.#first;
    if (first !== undefined) {
      this.#first = first.next;
      this.#last = first.next === undefined ? undefined : this.#last;
      this.kept--;
      return first;
    }
    return this.#pull();
  }

  /** The next value of the iterator. */
  #pull(): { readonly value: T } | undefined {
    const iterator = this.#iterator;
    if (iterator === undefined) {
      return undefined;
    }
    const result = this.#read(() => answerOf(iterator.next()));
    if (result === undefined || !this.waiting) {
      return undefined;
    }
    if (result.done === true) {
      this.#iterator = undefined; // It needs no return().
      this.#sourceOver = true;
      return undefined;
    }
    return result;
  }

  /**
   * Runs code of the iterator. A cancel from inside that code is handled when the code has returned, since the iterator can be
   * told only then.
   */
  #read<V>(code: () => V): V | undefined {
    const outer = enter(this);
    this.#reading = true;
    try {
      return runIn(this.context, code, undefined);
    } catch (error) {
      this.#iterator = undefined; // That has ended it.
      this.partFailed(error);
      return undefined;
    } finally {
      enter(outer);
      this.#reading = false;
      if (!this.waiting) {
        this.proceed();
      }
    }
  }

  #call(value: T): void {
    const place = this.#free.pop() ?? new Place<T, R>(this, this.#plan.definition);
    this.#taken.add(place);
    this.beginPart(place.take(value, this.#begun++, this));
  }

  callFailed(error: unknown): void {
    this.partFailed(error);
  }

  callEnded(place: Place<T, R>, index: number, result: R): void {
    this.#taken.delete(place);
    if (!this.waiting) {
      return;
    }
    this.#free.push(place);
    if (this.#plan.ordered && index !== this.#turn) {
      this.#early.set(index, result);
    } else {
      this.#emit(result);
    }
    if (this.#canGoOn) {
      this.#resume();
    }
  }

  /** Whether there is anything to do when a call has ended. Mostly all that can begin has begun. */
  get #canGoOn(): boolean {
    const more = this.kept > 0 || this.#iterator !== undefined || this.#producer !== undefined;
    return more || this.#sourceOver || !this.#hasPlace;
  }

  /** Emits a result, and the kept results whose turn comes after it. */
  #emit(result: R): void {
    this.#turn++;
    this.sink.next(result);
    while (this.#early.size > 0 && this.waiting && this.#early.has(this.#turn)) {
      const next = this.#early.get(this.#turn) as R; // It is there.
      this.#early.delete(this.#turn++);
      this.sink.next(next);
    }
  }

  override proceed(): void {
    if (!this.#reading) {
      super.proceed();
    }
  }

  protected override partsOver(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    if (iterator === undefined) {
      return;
    }
    const outer = enter(this);
    try {
      runIn(this.context, () => iterator.return?.(), undefined);
    } catch (error) {
      this.unwindFailed(error);
    } finally {
      enter(outer);
    }
  }
}

/** Hears how the calls end. */
interface Calls<T, R> {
  callEnded(place: Place<T, R>, index: number, result: R): void;
  callFailed(error: unknown): void;
}

/**
 * A place, in which one call runs after another. It is everything about these calls that need not be made for each one: it calls
 * the function, and hears how that ends.
 *
 * Invariant: a call that has ended tells it nothing more, so what it hears is about the call that it has.
 */
class Place<T, R>
  extends LastValue<R>
  implements Invocation<R>, GeneratorSource<R>, Sink<R>, Listener<R>, Link<Place<T, R>>
{
  before: Place<T, R> | undefined;
  after: Place<T, R> | undefined;
  readonly code: Definition;
  call: Execution<R> | undefined;
  readonly #calls: Calls<T, R>;
  #value: T | undefined;
  #index = 0;
  // What listens to the promise of the call.
  #listener: Listener<R> | undefined;
  readonly #ears = earsOf<R>(this);
  readonly #failed = (error: unknown): void => this.error(error);
  readonly #succeeded = (result: R): void => {
    this.forget();
    this.call = undefined;
    this.#calls.callEnded(this, this.#index, result);
  };

  constructor(calls: Calls<T, R>, code: Definition) {
    super();
    this.#calls = calls;
    this.code = code;
  }

  /** Opens the call for a value. */
  take(value: T, index: number, owner: Execution): Execution<R> {
    this.#value = value;
    this.#index = index;
    this.call = this.code.generates
      ? new Coroutine(this, this, owner)
      : new FunctionExecution(this, this, owner);
    return this.call;
  }

  invoke(): unknown {
    const value = this.#value;
    this.#value = undefined;
    return this.code.fn.call(undefined, value, this.#index);
  }

  generate(): AnyGenerator<R> {
    return this.invoke() as AnyGenerator<R>; // Only generator functions are asked.
  }

  earsFor(listener: Listener<R>): Ears<R> {
    this.#listener = listener;
    return this.#ears;
  }

  fulfilled(value: R): void {
    this.#listener?.fulfilled(value);
  }

  rejected(error: unknown): void {
    this.#listener?.rejected(error);
  }

  error(error: unknown): void {
    this.#calls.callFailed(error);
  }

  complete(): void {
    this.settle(this.#succeeded, this.#failed, undefined);
  }
}
