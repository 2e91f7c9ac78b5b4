import { FunctionCall, TamedCall, type Definition } from './call.ts';
import { runIn } from '../execution/context.ts';
import { enter } from '../execution/current-call.ts';
import type { Execution } from '../execution/execution.ts';
import { LastValue } from '../execution/last-value.ts';
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
  /** The calls, and the source if that is an execution. */
  protected readonly parts = new Set<Execution>();
  readonly #plan: Plan<T>;
  // The iterator that this reads itself, until it is done.
  #iterator: Iterator<T> | undefined;
  #sourceOver = false;
  // The source waits until one more of its values has been read.
  #producer: (() => void) | undefined;
  #first: Queued<T> | undefined;
  #last: Queued<T> | undefined;
  /** How many values have come and have no place. */
  kept = 0;
  #running = 0;
  #begun = 0;
  // Results that have come before their turn, by their number; and the number whose turn it is.
  readonly #early = new Map<number, R>();
  #turn = 0;
  // Whether it gives places, or code of the iterator runs. An end that comes meanwhile is handled afterwards.
  #giving = false;
  #reading = false;

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
      this.#beginPart(
        input[open](
          {
            room: this,
            next: (value) => this.#came(value),
            error: (error) => this.partFailed(error),
            complete: () => this.#sourceEnded(),
          },
          this,
        ),
      );
    } else {
      this.#read(() => {
        this.#iterator = input[Symbol.iterator]();
      });
      this.goOn();
    }
  }

  #beginPart(part: Execution): void {
    this.parts.add(part);
    this.beginPart(part);
  }

  /** There is a place for one more. */
  get #hasPlace(): boolean {
    const most = this.blocking === undefined ? this.#plan.concurrency : 1;
    const { room } = this.sink;
    const untaken = room === undefined ? 0 : this.#early.size + room.kept;
    return this.#running + untaken < most;
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
    if (this.#sourceOver && this.kept === 0 && this.#running === 0) {
      const { sink } = this;
      this.end();
      sink.complete();
      return;
    }
    if (!this.#hasPlace) {
      this.sink.room?.whenRead(() => this.#resume());
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
    const result = this.#read(() => iterator.next());
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
    const index = this.#begun++;
    const row = new Row<R>(this, index);
    const call = new FunctionCall<R>(this.#plan.definition, undefined, [value, index]);
    row.part = call[open](row, this);
    this.#running++;
    this.#beginPart(row.part);
  }

  rowFailed(error: unknown): void {
    this.partFailed(error);
  }

  rowEnded({ part, index }: Row<R>, result: R): void {
    if (!this.waiting || part === undefined) {
      return;
    }
    this.parts.delete(part);
    this.#running--;
    if (this.#plan.ordered && index !== this.#turn) {
      this.#early.set(index, result);
    } else {
      this.#emit(result);
    }
    this.#resume();
  }

  /** Emits a result, and the kept results whose turn comes after it. */
  #emit(result: R): void {
    this.#turn++;
    this.sink.next(result);
    while (this.waiting && this.#early.has(this.#turn)) {
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

/** The receiver of a row's end. */
interface Rows<R> {
  rowEnded(row: Row<R>, result: R): void;
  rowFailed(error: unknown): void;
}

/** One value of the source that has a place. It hears how its call ends. */
class Row<R> extends LastValue<R> implements Sink<R> {
  readonly index: number;
  part: Execution | undefined;
  readonly #rows: Rows<R>;

  constructor(rows: Rows<R>, index: number) {
    super();
    this.#rows = rows;
    this.index = index;
  }

  error(error: unknown): void {
    this.#rows.rowFailed(error);
  }

  complete(): void {
    this.settle(
      (result) => this.#rows.rowEnded(this, result),
      (error) => this.error(error),
      undefined,
    );
  }
}
