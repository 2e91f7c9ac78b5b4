import type { InteropObservable, Observable, ObservableInput } from 'rxjs';

import { AsyncFunctionDriver } from './async-function.ts';
import { AsyncIterableDriver } from './async-iterable.ts';
import { Coroutine, type AnyGenerator } from './coroutine.ts';
import { checkTime } from '../blocking/deadline.ts';
import { runIn } from '../execution/context.ts';
import { enter, runCarried } from '../execution/current-call.ts';
import type { Driver, Host } from './driver.ts';
import { Execution } from '../execution/execution.ts';
import type { OwnedScope, RunOfBody, ScopeMember } from '../execution/scope-member.ts';
import type { Need } from '../execution/need.ts';
import type { Sink } from '../execution/sink.ts';
import { ObservableDriver } from './observable.ts';
import { fromPlatform, isPlatformObservable, type PlatformObservable } from './platform-observable.ts';
import { PromiseWaiter, type Hearing } from './promise.ts';
import { isAsyncIterable, isGenerator, isNativePromise, isObservable, isPromise } from './shapes.ts';
import { open, Waitable, type Wait } from '../result/waitable.ts';

/**
 * The type of the values that a call emits, by what its function returns: the return value of a generator; the value of a
 * promise; the values that an Observable emits or an async iterable yields; anything else, arrays and strings too, as it is.
 *
 * @example
 * ```ts
 * import type { Emitted } from 'async-tamer';
 *
 * const later: Emitted<Promise<number>> = 1;
 * const yielded: Emitted<AsyncGenerator<string>> = 'a';
 * const plain: Emitted<string[]> = ['a', 'b'];
 * console.log(later, yielded, plain);
 * // => 1 a [ 'a', 'b' ]
 * ```
 */
export type Emitted<R> = 0 extends 1 & R
  ? unknown // `any` says nothing.
  : R extends Observable<infer T> | InteropObservable<infer T> | PlatformObservable<infer T>
    ? T
    : R extends Generator<unknown, infer T, never>
      ? T
      : R extends PromiseLike<unknown>
        ? Awaited<R>
        : R extends AsyncIterable<infer T>
          ? T
          : R;

/** The facts about a function that are known before it is called. */
export interface Code {
  readonly name: string;
  /** The kind of its code: a `leaf` waits for something itself, so it needs no carried context; a `source` has no code. */
  readonly kind: 'function' | 'leaf' | 'source';
  /** Whether the value that it returns cannot settle at once. */
  readonly asynchronous: boolean;
}

/** How a function is called when its execution begins. */
export interface Invocation<T = unknown> extends Hearing<T> {
  readonly code: Code;
  invoke(): unknown;
  /** Whether there is an `invokeSync()` for `block()`, which waits on the spot and returns the value itself. */
  readonly hasSync?: boolean;
  invokeSync?(): unknown;
}

/** The execution of any function but a generator function. It calls the function, and waits for the returned value. */
export class FunctionExecution<T> extends Execution<T> implements Sink<T>, Host<T> {
  /** Whether its own code cancelled it, so that this code need not be told. */
  knows = false;
  readonly #code: Code;
  // Undefined once it has been called: the arguments are not held any longer.
  #invocation: Invocation<T> | undefined;
  #driver: Driver | undefined;
  // Whether its code is being called, is waited for, or was let go.
  #at: 'call' | 'wait' | 'abandoned' = 'wait';

  constructor(invocation: Invocation<T>, sink: Sink<T>, owner: Execution | undefined, member?: ScopeMember) {
    super(sink, owner, member);
    this.#code = invocation.code;
    this.#invocation = invocation;
  }

  override get asynchronous(): boolean {
    return this.#code.asynchronous;
  }

  override get name(): string {
    return this.#code.name;
  }

  override get need(): Need | readonly Need[] | undefined {
    return this.phase === 'ended' ? undefined : (super.need ?? this.#driver?.need);
  }

  get onlyAwait(): Need | undefined {
    return this.owned?.onlyAwait;
  }

  get stands(): boolean {
    return true;
  }

  override get keeper(): Execution | undefined {
    const driver = this.#driver;
    const isCode =
      this.#at === 'call'
        ? this.#code.kind !== 'source'
        : driver instanceof AsyncFunctionDriver || driver instanceof AsyncIterableDriver;
    return isCode && !this.isBody ? this : this.owner?.keeper;
  }

  override get atPromise(): boolean {
    return this.#driver?.atPromise === true;
  }

  begin(): void {
    this.blocking?.foresee(this); // First: it may be cancelled by that.
    const invocation = this.#invocation;
    if (this.phase !== 'running' || invocation === undefined) {
      return;
    }
    this.#invocation = undefined;
    const synchronous = this.blocking !== undefined && invocation.hasSync === true;
    let returned: unknown;
    this.#at = 'call';
    try {
      returned = synchronous
        ? runIn(this.context, this.enterCode<unknown>, this, () => invocation.invokeSync?.())
        : this.#invoke(invocation);
    } catch (error) {
      this.#at = 'wait';
      if (synchronous) {
        checkTime();
      }
      this.fail(error);
      return;
    }
    this.#at = 'wait';
    if (synchronous) {
      checkTime(); // Time may be out, and that cancels this.
      this.succeed(returned as T); // The `sync` of a leaf returns this.
    } else {
      this.#drive(returned, invocation);
    }
  }

  #invoke(invocation: Invocation<T>): unknown {
    // A source is no code: there is nothing to carry a context through yet.
    return this.#code.kind === 'source' ? invocation.invoke() : this.runCode(() => invocation.invoke());
  }

  #drive(returned: unknown, invocation: Invocation<T>): void {
    let driver: Driver | undefined;
    try {
      driver = this.#driverFor(returned, invocation);
    } catch (error) {
      this.fail(error); // A getter of what was returned has thrown, or a trap of a proxy.
      return;
    }
    if (driver !== undefined && !this.wanted) {
      this.blocking?.foresee(driver);
    }
    if (this.phase !== 'running' && !(driver instanceof AsyncFunctionDriver)) {
      // It cancelled itself, or cannot be waited for. If it has returned a value, that counts; anything else does not begin.
      if (driver === undefined) {
        this.succeed(returned as T); // It has no shape of its own, so it is the value.
      } else {
        this.over();
      }
      return;
    }
    if (driver === undefined) {
      this.succeed(returned as T);
      return;
    }
    this.#driver = driver;
    driver.begin();
    if (this.phase === 'stopping') {
      this.proceed();
    }
  }

  /** The table of shapes. */
  #driverFor(returned: unknown, invocation: Invocation<T>): Driver | undefined {
    if (isNativePromise(returned)) {
      return this.#driverForPromise(returned as Promise<T>, invocation); // First, since most are.
    }
    if (returned instanceof Waitable) {
      return this.#waitFor(returned[open](this, this));
    }
    if (isObservable(returned)) {
      this.keepContext();
      return new ObservableDriver<T>(this, returned as ObservableInput<T>);
    }
    if (isGenerator(returned)) {
      const source = { code: { name: '' }, generate: () => returned as AnyGenerator<T> };
      return this.#waitFor(new Coroutine<T>(source, this, this));
    }
    if (isPromise(returned)) {
      return this.#driverForPromise(returned as PromiseLike<T>);
    }
    if (isAsyncIterable(returned)) {
      this.keepContext();
      return new AsyncIterableDriver<T>(this, returned as AsyncIterable<T>);
    }
    if (isPlatformObservable(returned)) {
      this.keepContext();
      return new ObservableDriver<T>(this, fromPlatform(returned as PlatformObservable<T>));
    }
    return undefined;
  }

  #driverForPromise(promise: PromiseLike<T>, hearing?: Hearing<T>): Driver {
    return this.#code.kind === 'source'
      ? this.#waitFor(new PromiseWaiter(promise, this))
      : new AsyncFunctionDriver(this, promise, hearing);
  }

  #waitFor(wait: Wait): Driver {
    if (wait instanceof Execution) {
      wait.blocking = this.blocking;
      const { run } = this;
      if (run !== undefined) {
        wait.isBodyOf(new PartOfBody(run)); // The body has returned all the same, so it has succeeded.
      }
    }
    return new WaitDriver(this, wait);
  }

  proceed(): void {
    if (this.endsNow() || this.phase !== 'stopping' || this.held || this.#at === 'call') {
      return;
    }
    this.phase = 'unwinding';
    if (this.#driver === undefined) {
      this.over(); // It never began.
    } else {
      this.#driver.unwind();
    }
  }

  runCode<R>(fn: () => R): R {
    const run = this.#code.kind === 'leaf' ? this.enterCode<R> : this.#carry<R>;
    return runIn(this.context, run, this, fn);
  }

  #carry<R>(fn: () => R): R {
    return runCarried(this, fn, this.context !== undefined);
  }

  enterCode<R>(fn: () => R): R {
    const outer = enter(this);
    try {
      return fn();
    } finally {
      enter(outer);
    }
  }

  next(value: T): void {
    if (this.phase === 'running') {
      this.sink.next(value);
    } else if (this.isBody) {
      this.succeed(value);
    }
  }

  error(error: unknown): void {
    if (this.phase === 'running' || (this.isBody && this.#driver?.inner === undefined)) {
      this.fail(error);
    } else if (this.isBody) {
      this.innerFailed(error);
    }
  }

  complete(): void {
    if (this.phase !== 'running') {
      return;
    }
    if (this.keeps) {
      this.#completeAfterRelease();
      return;
    }
    const { sink } = this;
    this.end();
    sink.complete();
  }

  #completeAfterRelease(): void {
    this.releases(() => this.complete());
  }

  protected collectInner(into: Execution[]): void {
    const inner = this.#driver?.inner;
    if (inner?.phase === 'running') {
      into.push(inner);
    }
  }

  protected stop(): void {
    const by = this.cancellation?.by;
    this.knows = by instanceof Execution && by.isUnder(this);
    this.#driver?.stop?.();
  }

  protected override unshielded(): void {
    this.#driver?.unshielded?.();
  }

  override markTold(): void {
    this.told = true;
  }

  interrupt(): void {
    if (this.cancellation !== undefined) {
      this.rejectAwaits(this.cancellation);
    }
  }

  abandon(): void {
    this.#at = 'abandoned';
    this.member?.abandoned();
    this.over();
  }

  override get abandoned(): boolean {
    return this.#at === 'abandoned' && !this.told;
  }

  /**
   * Ends as RxJS does: tells first, and tears down after. Some operators complete downstream before they tear down upstream. So
   * the member is held meanwhile: the scope must not close before it has heard of the cleanup.
   */
  #endThen(tell: () => void): void {
    this.member?.hold(false);
    this.phase = 'ended';
    tell();
    this.collecting = true;
  }

  /** The second half of `#endThen`, when the teardown is over. */
  tornDown(): void {
    const { member } = this;
    this.collecting = false;
    if (this.held) {
      this.holdMember();
    } else {
      this.end();
    }
    member?.release();
  }

  completeThen(): void {
    const { sink } = this;
    this.#endThen(() => sink.complete());
  }

  failThen(error: unknown): void {
    const { sink } = this;
    this.#endThen(() => sink.error(error));
  }
}

/** What runs for a body that has returned it: it unwinds when the children of the run have cleaned up, as the body itself does. */
class PartOfBody implements RunOfBody {
  readonly scope: OwnedScope | undefined;
  readonly patient: boolean;

  constructor({ scope, patient = false }: RunOfBody) {
    this.scope = scope;
    this.patient = patient;
  }

  /** The run hears of the end of its body from the body itself. */
  bodyEnded(): void {}
}

/** A call, a result, or a coroutine: its execution is cancelled, or its place among the waiters is given up. */
class WaitDriver implements Driver {
  readonly #host: Host<never>;
  readonly #wait: Wait;

  constructor(host: Host<never>, wait: Wait) {
    this.#host = host;
    this.#wait = wait;
  }

  get asynchronous(): boolean {
    return this.#wait.asynchronous;
  }

  get need(): Need {
    return this.#wait;
  }

  get inner(): Execution | undefined {
    return this.#wait instanceof Execution ? this.#wait : undefined;
  }

  get atPromise(): boolean {
    return this.#wait instanceof PromiseWaiter;
  }

  begin(): void {
    this.#wait.begin();
  }

  stop(): void {
    if (!(this.#wait instanceof Execution) && !this.#isPatient()) {
      this.#wait.drop();
    }
  }

  /** It waits for a promise or a result whose value is wanted even now. */
  #isPatient(): boolean {
    return !(this.#wait instanceof Execution) && this.#host.shielded;
  }

  unwind(): void {
    if (!this.#isPatient()) {
      this.#host.over();
    }
  }
}
