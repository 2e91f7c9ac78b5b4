import { apart, enter, isCarried } from './current.ts';
import { quote, startStackAt } from './errors.ts';
import { Execution } from './execution.ts';
import type { Ledger, Sink } from './ledger.ts';
import { enqueue } from './queue.ts';
import { LastValue } from './last-value.ts';
import { open, Step, Waitable, type Wait } from './waitable.ts';

/** What a tamed generator function returns. What it yields is between `yield*` and the driver. */
export type AnyGenerator<T> = Generator<unknown, T, unknown>;

const GeneratorFunction = (
  Object.getPrototypeOf(function* () {}) as { constructor: abstract new () => unknown }
).constructor;

/** Whether calling `fn` runs none of its code but gives a generator. */
export function isGeneratorFunction(fn: unknown): boolean {
  return fn instanceof GeneratorFunction;
}

/** Where the generator comes from, when it is time to run. */
export interface GeneratorSource<T> {
  /** The name of the generator function, or ''. */
  readonly name: string;
  generate(): AnyGenerator<T>;
}

/** Passed to `return()`: if the generator ends with it, the cancel has ended it; with anything else, it has returned. */
const CANCELLED = Symbol('cancelled');

/**
 * Drives a generator: each `yield*` waits for a call or a result, and goes on with its last value.
 *
 * A coroutine that waits for another passes the turn to it through the queue of `enqueue`, and gets it back there, so
 * neither ten thousand `yield*` in a row nor ten thousand coroutines one inside the other need the stack.
 *
 * Cancelled while its code runs (it cancelled its own scope), it unwinds at its next `yield*`.
 */
export class Coroutine<T> extends Execution<T> implements Sink<unknown> {
  /** A failure counts as delivered when the generator gets it, not while it waits for its turn. */
  readonly defers = true;
  readonly #source: GeneratorSource<T>;
  #generator: AnyGenerator<T> | undefined;
  // How the generator goes on when its turn comes, and with what.
  #how: 'next' | 'throw' | 'return' = 'next';
  #input: unknown;
  #due = false;
  // The input is the failure of a call that it waited for, which knows nobody else to tell.
  #failed = false;
  // What the `yield*` it stands at waits for.
  #wait: Wait | undefined;
  #last: LastValue<unknown> | undefined;
  // Its own code is on the stack, perhaps below code that cancels it.
  #onStack = false;
  // `begin()` of what it waits for is on the stack, so the loop that called that goes on by itself.
  #beginning = false;

  constructor(source: GeneratorSource<T>, sink: Sink<T>, owner: Execution | undefined, ledger?: Ledger) {
    super(sink, owner, ledger);
    this.#source = source;
  }

  begin(): void {
    this.#due = true;
    enqueue(this);
  }

  override get name(): string {
    return this.#source.name;
  }

  override get drivesSteps(): boolean {
    return true;
  }

  proceed(): void {
    if (this.endsNow()) {
      return;
    }
    if (this.phase === 'stopping' && !this.held && !this.#onStack) {
      this.#unwind();
    }
    if (this.#due && this.phase !== 'stopping') {
      this.#run();
    }
  }

  #unwind(): void {
    this.phase = 'unwinding';
    this.told = true;
    if (this.cancellation !== undefined) {
      this.rejectAwaits(this.cancellation);
    }
    if (this.#generator === undefined) {
      this.#due = false; // It never ran: there is nothing to unwind.
      this.over();
    } else {
      this.#goOn('return', CANCELLED);
    }
  }

  #goOn(how: 'next' | 'throw' | 'return', input: unknown): void {
    this.#how = how;
    this.#input = input;
    this.#due = true;
  }

  #run(): void {
    do {
      this.#due = false;
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
      // Waiting, it may have gone on at once; the compiler cannot see that.
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by #goOn()
    } while (this.#due);
  }

  /** It cancelled itself before it came here. */
  #unwindAt(yielded: unknown): void {
    if (yielded instanceof Step) {
      void yielded.take(); // Ended by return(), like one that is waited for.
    }
    if (!this.held) {
      this.#unwind();
    }
  }

  /** Runs the code up to its next `yield*`; undefined if it threw. */
  #advance(): IteratorResult<unknown, T> | undefined {
    const how = this.#how;
    const input = this.#input;
    this.#input = undefined;
    this.#failed = false;
    if (how === 'throw' && this.#wait !== undefined && 'reached' in this.#wait) {
      this.#wait.reached();
    }
    this.#wait = undefined;
    const outer = enter(this);
    this.#onStack = true;
    try {
      // What the step begins shall not take for its own the carried context of whoever started or resumed this.
      const result = isCarried() ? apart(this, () => this.#step(how, input)) : this.#step(how, input);
      this.#onStack = false;
      enter(outer);
      return result;
    } catch (error) {
      this.#onStack = false;
      enter(outer);
      this.#generator = undefined;
      this.fail(how === 'throw' && isDeaf(error, input) ? input : error);
      return undefined;
    }
  }

  #step(how: 'next' | 'throw' | 'return', input: unknown): IteratorResult<unknown, T> {
    if (this.#generator === undefined) {
      this.#generator = this.#source.generate();
      return this.#generator.next();
    }
    return this.#generator[how](input as never);
  }

  #waitFor(yielded: unknown): void {
    if (!(yielded instanceof Step)) {
      // The driver is on the stack, whoever began it below: the stack of the complaint begins there.
      this.#goOn('throw', startStackAt(new TypeError(adviceFor(this.#source.name, yielded)), enqueue));
      return;
    }
    const wait = yielded.take()[open](this, this);
    if (this.blocking !== undefined && wait instanceof Execution) {
      wait.blocking = this.blocking;
    }
    this.#wait = wait;
    this.#beginning = true;
    wait.begin();
    this.#beginning = false;
  }

  next(value: unknown): void {
    (this.#last ??= new LastValue()).next(value);
  }

  error(error: unknown): void {
    this.#failed = this.#wait instanceof Execution;
    this.#resume('throw', error);
  }

  complete(): void {
    (this.#last ?? NOTHING).settle(
      (value) => this.#resume('next', value),
      (error) => this.#resume('throw', error),
    );
  }

  #resume(how: 'next' | 'throw', input: unknown): void {
    this.#last = undefined;
    if (this.phase === 'stopping') {
      return;
    }
    this.#goOn(how, input);
    if (!this.#beginning) {
      this.enqueue();
    }
  }

  protected collectInner(into: Execution[]): void {
    if (this.#wait instanceof Execution && this.#wait.phase === 'running') {
      into.push(this.#wait);
    }
  }

  protected stop(): void {
    if (this.#wait !== undefined && !(this.#wait instanceof Execution)) {
      this.#wait.drop();
    }
    if (this.#due && this.#failed) {
      this.unwindFailed(this.#input); // Cancelled before the generator could hear of it.
    }
    this.#wait = undefined;
    this.#last = undefined;
    this.#due = false;
  }

  #returned(value: T): void {
    this.#generator = undefined;
    if ((value as unknown) === CANCELLED) {
      this.over();
    } else {
      this.succeed(value);
    }
  }
}

const NOTHING = new LastValue<never>();

function adviceFor(name: string, yielded: unknown): string {
  const who = name === '' ? 'A tamed generator' : `The generator "${name}"`;
  const what = `${who} yielded ${quote(yielded)}, which nothing here can wait for.`;
  if (yielded instanceof Waitable) {
    return `${what} Write "yield*" instead of "yield".`;
  }
  return `${what} Write "yield* call", or "yield* tamed.from(promiseOrObservable)".`;
}

/**
 * `yield*` over an array or a string hands on what is thrown into it, and such an iterator cannot take it: then the engine
 * throws a complaint of its own in the place of ours.
 */
function isDeaf(error: unknown, thrown: unknown): boolean {
  const own = error instanceof TypeError && error !== thrown && error.cause === undefined;
  return own && thrown instanceof TypeError && /\bthrow\b/.test(error.message);
}
