import { callOf, define, FunctionCall, TamedCall, type Definition } from './call.ts';
import { openCleanup } from './cleanup.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import { Execution } from '../execution/execution.ts';
import type { Need } from '../execution/need.ts';
import { LastValue } from '../execution/last-value.ts';
import type { Source } from './platform-observable.ts';
import type { Printer } from '../result/print.ts';
import type { Release } from '../execution/resources.ts';
import type { RunOfBody, ScopeMember } from '../execution/scope-member.ts';
import { NOOP_SINK, type Sink } from '../execution/sink.ts';
import { open } from '../result/waitable.ts';

/**
 * A resource. It emits the last value of `source`: a call, a promise, an Observable or a result. The value belongs to the call
 * whose code waits for it. The library calls `release(value)`, and waits for it, when everything that could use the value has
 * ended: that code, and the scopes that it made; for the body of a run also the children. The resource that was acquired last is
 * released first. The call ends after that.
 *
 * A cancel interrupts `source` like any other wait. If its value arrives all the same, it is released. So a resource that was
 * opened too late does not leak. A cancel does not interrupt `release`. `release` may return anything that a {@link tamed}
 * function may return; an error that it throws counts as an error of the cleanup.
 *
 * The call fails with the failure of `source`, or with an `Error` if no code of a tamed call waits for it. `acquire` throws a
 * `TypeError` at once if `source` cannot be waited for, or `release` is no function.
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
export function acquire<T>(source: Source<T>, release: (value: T) => unknown): TamedCall<T> {
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

  /** A source that goes on by itself may still yield a value. That value is released, since no other code knows of it. */
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
 * Waits for the value, and gives it to the call that it belongs to. The source is opened as if it were the body of a run, so it
 * reports a value that comes after a cancel, too.
 */
class ExecutionOfAcquire<T> extends Execution<T> implements Sink<T>, RunOfBody {
  readonly patient = true;
  readonly #source: TamedCall<T>;
  readonly #release: Definition;
  readonly #last = new LastValue<T>();
  #inner: Execution | undefined;
  // The call whose code waits.
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
    this.keepContext(); // For the release, too: the code that ends this call has another one.
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
      this.cleanupFailed(error); // A cancel that comes back is left out by the code of the source.
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
        this.fail(new Cancellation().error); // The code that waited for it has ended.
      }
      this.release();
    });
  }

  #releaseOf(value: T, owner: Execution): Release {
    const call = new FunctionCall(this.#release, undefined, [value]);
    const { member } = owner;
    return (over) => {
      const execution = openCleanup(call, member, { failed: (error) => owner.cleanupFailed(error), over });
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
