import type { ObservableInput } from 'rxjs';

import { callOf, define, FunctionCall, TamedCall, type Definition } from './call.ts';
import { openCleanup } from './cleanup.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import { Execution } from '../execution/execution.ts';
import type { Need } from '../execution/need.ts';
import { LastValue } from '../execution/last-value.ts';
import type { Printer } from '../result/print.ts';
import type { Release } from '../execution/resources.ts';
import type { RunOfBody, ScopeMember } from '../execution/scope-member.ts';
import { NOOP_SINK, type Sink } from '../execution/sink.ts';
import { reportTo } from '../execution/unhandled.ts';
import { open } from '../result/waitable.ts';

/**
 * A resource: emits the last value of `source` (a call, a promise, an Observable, a result), which belongs to the call whose code
 * waits for it. When everything that could use it has ended, `release(value)` is called, and awaited: after that code and the
 * scopes it made; for the body of a run after the children. The last one acquired is released first, and the call ends after that.
 *
 * A cancel interrupts `source` as it does everything else; if its value comes all the same, it is released, and waited for. So
 * nothing leaks that was opened too late. A cancel does not interrupt `release`, which may return whatever a {@link tamed} function
 * may; what it throws is an error of a cleanup. Errors with what `source` errors with; outside the code of a tamed call with an
 * `Error` that says so. Throws a `TypeError` at once for what is no source, or no function.
 *
 * @example
 * ```ts
 * import { acquire, sleep, tamed } from 'async-tamer';
 *
 * const connect = async () => ({ ask: (what: string) => `${what}!`, close: async () => console.log('closed') });
 *
 * const job = tamed(function* () {
 *   const connection = yield* acquire(connect(), (it) => it.close());
 *   yield* sleep(10);
 *   return connection.ask('hello');
 * });
 * console.log(await job());
 * // => closed
 * // => hello!
 * ```
 */
export function acquire<T>(source: ObservableInput<T>, release: (value: T) => unknown): TamedCall<T> {
  if (typeof release !== 'function') {
    throw startStackAt(
      new TypeError(`acquire() takes a function that releases the value, but got ${quote(release)}.`),
      acquire,
    );
  }
  return new CallOfAcquire<T>(
    callOf<T>(source, 'acquire()', acquire),
    define(release.name, 'function', release as Definition['fn']), // It gets the value.
  );
}

class CallOfAcquire<T> extends TamedCall<T> {
  readonly #opening: TamedCall<T>;
  readonly #release: Definition;

  constructor(opening: TamedCall<T>, release: Definition) {
    super();
    this.#opening = opening;
    this.#release = release;
  }

  override get name(): string {
    return this.#opening.name === '' ? 'acquire' : this.#opening.name;
  }

  override [open](sink: Sink<T>, owner: Execution | undefined, member?: ScopeMember): Execution<T> {
    return new ExecutionOfAcquire<T>(this.#opening, this.#release, sink, owner, member);
  }

  /** What goes on by itself may still give a value, and that is released, since no other code knows of it. */
  override refused(owner: Execution): void {
    if (this.#opening.hot) {
      const execution = this[open](NOOP_SINK, owner);
      execution.begin();
      execution.teardown();
    }
  }

  override expression(printer: Printer): string {
    return `acquire(${this.#opening.expression(printer)})`;
  }
}

/**
 * Waits for the value, and gives it to whom it belongs. The source takes it for the run whose body the source is: so it hears of
 * a value that comes after a cancel.
 */
class ExecutionOfAcquire<T> extends Execution<T> implements Sink<T>, RunOfBody {
  readonly patient = true;
  readonly #source: TamedCall<T>;
  readonly #release: Definition;
  readonly #last = new LastValue<T>();
  #inner: Execution | undefined;
  // Whose code waits.
  #keeper: Execution | undefined;

  constructor(
    source: TamedCall<T>,
    release: Definition,
    sink: Sink<T>,
    owner: Execution | undefined,
    member?: ScopeMember,
  ) {
    super(sink, owner, member);
    this.#source = source;
    this.#release = release;
  }

  override get name(): string {
    return 'acquire';
  }

  begin(): void {
    if (this.phase !== 'running') {
      return;
    }
    this.#keeper = this.owner?.keeper;
    if (this.#keeper === undefined) {
      this.fail(new Error(OUTSIDE));
      return;
    }
    this.keepContext(); // For the release, too: whoever ends the code has another one.
    const inner = this.#source[open](this, this);
    inner.isBodyOf(this);
    inner.blocking = this.blocking;
    this.#inner = inner;
    inner.begin();
  }

  next(value: T): void {
    this.#last.next(value);
  }

  error(error: unknown): void {
    if (this.phase === 'running') {
      this.fail(error);
    } else {
      this.unwindFailed(error);
    }
  }

  complete(): void {
    this.#last.settle(
      (value) => this.#came(value),
      (error) => this.error(error),
      this.#source.what,
    );
  }

  #came(value: T): void {
    const keeper = this.#keeper;
    if (this.phase === 'running' && keeper?.isEnded() === false) {
      keeper.keep(this.#releaseOf(value, keeper));
      this.succeed(value);
      return;
    }
    this.hold();
    this.#releaseOf(
      value,
      this,
    )(() => {
      if (this.phase === 'running') {
        this.fail(new Cancellation().error); // The code that was to have it has ended.
      }
      this.release();
    });
  }

  #releaseOf(value: T, owner: Execution): Release {
    const call = new FunctionCall(this.#release, undefined, [value]);
    const { member } = owner;
    return (over) => {
      const execution = openCleanup(call, member, { failed: (error) => reportTo(member, error), over });
      execution.blocking = owner.blocking;
      execution.context = this.context;
      execution.begin();
    };
  }

  bodyEnded(): void {}

  proceed(): void {
    if (!this.endsNow() && this.phase === 'stopping' && !this.held) {
      this.phase = 'unwinding';
      this.over();
    }
  }

  override get need(): Need | undefined {
    return this.#inner;
  }

  protected collectInner(into: Execution[]): void {
    if (this.#inner?.phase === 'running') {
      into.push(this.#inner);
    }
  }

  protected stop(): void {}
}

const OUTSIDE =
  'acquire() does not know to whom the value belongs: no code of a tamed call waits for it here. ' +
  'Write "yield* acquire(…)" or "await acquire(…)" in a tamed function, in a browser before the first other "await".';
