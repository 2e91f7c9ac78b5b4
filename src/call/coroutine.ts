import { runIn } from '../execution/context.ts';
import { apart, enter, inLibrary, isCarried } from '../execution/current-call.ts';
import { isInstance, propertyOf, quote } from '../execution/errors.ts';
import { beginStackAt, type Line } from '../execution/stack.ts';
import { Execution } from '../execution/execution.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import type { Need } from '../execution/need.ts';
import type { Sink } from '../execution/sink.ts';
import { enqueue } from '../execution/queue.ts';
import { emptyError } from '../execution/last-value.ts';
import { resume, type Frame } from './frame.ts';
import { PromiseWaiter } from './promise.ts';
import { CANCELLED, Unwinding } from './unwinding.ts';
import { enlist, Step, Waitable, type Wait } from '../result/waitable.ts';

/** The generators that a tamed function may return. The values that they yield are between `yield*` and the driver. */
export type AnyGenerator<T> = Generator<unknown, T, unknown>;

const GeneratorFunction = (
  Object.getPrototypeOf(function* () {}) as { constructor: abstract new () => unknown }
).constructor;

/** Whether a call of `fn` runs none of its code and returns a generator. */
export function isGeneratorFunction(fn: unknown): boolean {
  return fn instanceof GeneratorFunction;
}

/** The source of the generator, which is asked when it is time to run. */
export interface GeneratorSource<T> {
  /** Its name, or '', and the line at which a user made it a tamed function, if that is known. */
  readonly code: { readonly name: string; readonly line?: Line | undefined };
  generate(): AnyGenerator<T>;
}

/** Stands for the value while none has come. */
const NONE = Symbol('none');

/**
 * Drives a generator: each `yield*` waits for a call or a result, and goes on with its last value.
 *
 * A coroutine that waits for another passes the turn to it through the queue of `enqueue`, and gets it back there. So neither ten
 * thousand `yield*` in a row nor ten thousand coroutines one inside the other need the stack.
 *
 * If it is cancelled while its code runs (it cancelled its own scope), it unwinds at its next `yield*`.
 */
export class Coroutine<T> extends Execution<T> implements Sink<unknown> {
  readonly #definition: GeneratorSource<T>['code'];
  // Its generator; before the generator is made, the source of it.
  #code: GeneratorSource<T> | AnyGenerator<T> | Unwinding<T> | undefined;
  // Where its code stands: about to go on; on the stack (perhaps below code that cancels it); or at a `yield*`. It is `opening`
  // while `begin()` of the awaited call is on the stack, so that the loop that called `begin()` goes on by itself. After a cancel
  // it is `shielded` while it waits for a cleanup, and `released` when that is over, so that it goes on to its next `yield*`.
  #at: 'ready' | 'stack' | 'opening' | 'waiting' | 'shielded' | 'released' = 'waiting';
  // How the generator goes on when its turn comes, and with which value: the last one that has come so far.
  #how: 'begin' | 'next' | 'throw' | 'return' = 'begin';
  #input: unknown = NONE;
  // The wait of the `yield*` at which it stands.
  #wait: Wait | undefined;

  constructor(source: GeneratorSource<T>, sink: Sink<T>, owner: Execution | undefined, member?: ScopeMember) {
    super(sink, owner, member);
    this.#definition = source.code;
    this.#code = source;
  }

  begin(): void {
    if (inLibrary()) {
      this.keepContext(); // Its turn comes later.
    }
    this.#at = 'ready';
    enqueue(this);
  }

  override get name(): string {
    return this.#definition.name;
  }

  override get keeper(): Execution | undefined {
    return this.isBody ? this.owner?.keeper : this;
  }

  override get drivesSteps(): boolean {
    return true;
  }

  override get need(): Need | readonly Need[] | undefined {
    const waits = this.#at === 'waiting' || this.#at === 'opening' || this.#at === 'shielded';
    return waits && this.#wait !== undefined ? this.#wait : super.need;
  }

  get stands(): boolean {
    return true;
  }

  override get atPromise(): boolean {
    return this.#wait instanceof PromiseWaiter;
  }

  /** A failure counts as delivered when the generator gets it, not while it waits for its turn. */
  get defers(): boolean {
    return true;
  }

  proceed(): void {
    if (this.endsNow() || this.member?.parked === true) {
      return;
    }
    if (this.#at === 'released') {
      this.#run();
    } else if (this.phase === 'stopping' && !this.held && this.#at !== 'stack' && this.#at !== 'shielded') {
      this.#unwind();
    }
    if (this.#at === 'ready' && this.phase !== 'stopping') {
      this.#run();
    }
  }

  #unwind(): void {
    this.phase = 'unwinding';
    this.told = true;
    if (this.cancellation !== undefined) {
      this.rejectAwaits(this.cancellation);
    }
    if (this.#how === 'begin') {
      this.#at = 'waiting';
      this.#code = undefined;
      this.over(); // It never ran, so there is nothing to unwind.
    } else {
      this.#code = new Unwinding(this.#code as AnyGenerator<T>);
      this.#goOn('return', CANCELLED);
    }
  }

  #goOn(how: 'next' | 'throw' | 'return', input: unknown): void {
    this.#how = how;
    this.#input = input;
    this.#at = 'ready';
  }

  #run(): void {
    do {
      const result = this.#advance();
      if (result === undefined) {
        return;
      }
      if (result.done === true) {
        this.#returned(result.value);
        return;
      }
      if (this.phase !== 'stopping') {
        this.#waitFor(result.value);
      } else {
        this.#unwindAt(result.value);
      }
    } while (this.#at === 'ready'); // While it waited, it may have gone on at once.
  }

  /** It cancelled itself before it came here. */
  #unwindAt(yielded: unknown): void {
    this.keepContext(); // It may unwind later.
    if (yielded instanceof Step && yielded.shields) {
      this.#waitFor(yielded);
      if (this.#at === 'waiting') {
        this.#at = 'shielded';
      }
      return;
    }
    if (yielded instanceof Step) {
      yielded.take().refused?.(this); // It was ended by return(), like a generator that is waited for.
    }
    if (!this.held) {
      this.#unwind();
    }
  }

  /** Runs the code up to its next `yield*`; undefined if it threw. */
  #advance(): IteratorResult<unknown, T> | undefined {
    const how = this.#how;
    const input = this.#input;
    if (how === 'throw') {
      const waiter = this.#wait instanceof Execution ? undefined : this.#wait;
      waiter?.reached?.();
      this.hasReceived(input, waiter?.reached !== undefined);
    }
    this.#wait = undefined;
    const outer = enter(this);
    // Its own teardown may be going on: that can end a cleanup which the code waits for, and which no cancel cuts off.
    const { collecting } = this;
    this.collecting = false;
    this.#at = 'stack';
    try {
      const result = runIn(this.context, isCarried() ? this.#goToApart : this.#goTo, this);
      this.#at = 'waiting';
      this.collecting = collecting;
      enter(outer);
      return result;
    } catch (error) {
      this.#at = 'waiting';
      this.collecting = collecting;
      enter(outer);
      this.#code = undefined;
      this.fail(how === 'throw' && isDeaf(error, input) ? input : error);
      return undefined;
    }
  }

  /**
   * The call that the step begins must not take the carried context of the code that started or resumed this coroutine for its
   * own.
   */
  #goToApart(): IteratorResult<unknown, T> {
    return apart(this, () => this.#goTo());
  }

  #goTo(): IteratorResult<unknown, T> {
    const how = this.#how;
    const input = this.#input;
    this.#input = NONE;
    if (how === 'begin') {
      this.#how = 'next'; // It has begun, whatever becomes of it.
      const generator = (this.#code as GeneratorSource<T>).generate();
      this.#code = generator; // The source and the arguments of the call are not held any longer.
      return resume(generator, 'next', undefined);
    }
    return resume(this.#code as Frame<T>, how, input);
  }

  #waitFor(yielded: unknown): void {
    if (!(yielded instanceof Step)) {
      const { name, line } = this.#definition;
      // Its code is not on the stack.
      this.#goOn('throw', beginStackAt(new TypeError(adviceFor(name, yielded)), line, enqueue));
      return;
    }
    this.keepContext(); // This comes first: the awaited call has the same.
    const wait = yielded.take()[enlist](this, this);
    if (this.blocking !== undefined && wait instanceof Execution) {
      wait.blocking = this.blocking;
    }
    this.#wait = wait;
    this.#at = 'opening';
    this.blocking?.foresee(wait);
    if (this.#wait === wait) {
      wait.begin(); // Otherwise it has been cancelled.
    }
    if (this.#isOpening()) {
      this.#at = 'waiting';
    }
  }

  // A method, because the compiler takes a property that it has assigned for a constant.
  #isOpening(): boolean {
    return this.#at === 'opening';
  }

  next(value: unknown): void {
    if (this.#at !== 'ready') {
      this.#input = value;
    }
  }

  error(error: unknown): void {
    this.#resume('throw', error);
  }

  complete(): void {
    if (this.#input === NONE) {
      this.#resume('throw', emptyError(this.#wait?.what));
    } else {
      this.#resume('next', this.#input);
    }
  }

  #resume(how: 'next' | 'throw', input: unknown): void {
    if (this.phase === 'stopping' && !this.#waitsForCleanup()) {
      return;
    }
    const opening = this.#at === 'opening';
    this.#goOn(how, input);
    if (!opening) {
      this.#at = this.phase === 'stopping' ? 'released' : 'ready';
      this.enqueue();
    }
  }

  protected collectInner(into: Execution[]): void {
    if (this.#wait instanceof Execution && this.#wait.phase === 'running') {
      into.push(this.#wait);
    }
  }

  #waitsForCleanup(): boolean {
    return this.#wait !== undefined && !(this.#wait instanceof Execution) && this.#wait.shields === true;
  }

  protected stop(): void {
    if (this.#at !== 'stack' && this.#waitsForCleanup()) {
      this.#at = this.#at === 'ready' ? 'released' : 'shielded';
      return;
    }
    const wait = this.#wait;
    const input = this.#input;
    // A failure that was for this coroutine alone, which does not hear of it any more.
    const failed = this.#at === 'ready' && this.#how === 'throw' && wait !== undefined && !isTold(wait);
    this.#wait = undefined;
    this.#input = NONE;
    if (this.#at !== 'stack') {
      this.#at = 'waiting';
    }
    if (wait !== undefined && !(wait instanceof Execution)) {
      wait.drop();
    }
    if (failed) {
      this.cleanupFailed(input);
    }
  }

  #returned(value: T): void {
    this.#code = undefined;
    if ((value as unknown) === CANCELLED) {
      this.over();
    } else {
      this.succeed(value);
    }
  }
}

/** Whether the awaited call has other waiters that get its failure. */
function isTold(wait: Wait): boolean {
  return !(wait instanceof Execution) && wait.reached !== undefined;
}

function adviceFor(name: string, yielded: unknown): string {
  const who = name === '' ? 'A tamed generator' : `The generator "${name}"`;
  const what = `${who} yielded ${quote(yielded)}, which nothing here can wait for.`;
  if (yielded instanceof Waitable) {
    return `${what} Write "yield*" instead of "yield".`;
  }
  return `${what} Write "yield* call", or "yield* tamed.from(promiseOrObservable)".`;
}

/**
 * `yield*` over an array or a string hands on an error that is thrown into it. The iterator of an array cannot take it, so the
 * engine would throw an error of its own in the place of ours.
 */
function isDeaf(error: unknown, thrown: unknown): boolean {
  const own = isInstance(error, TypeError) && error !== thrown && propertyOf(error, 'cause') === undefined;
  const message = propertyOf(error, 'message');
  return own && isInstance(thrown, TypeError) && typeof message === 'string' && /\bthrow\b/.test(message);
}
