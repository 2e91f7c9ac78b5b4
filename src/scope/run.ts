import { TimeoutError } from 'rxjs';

import { isAsyncFunction, TamedCall } from '../call/call.ts';
import { Coroutine, isGeneratorFunction, type AnyGenerator } from '../call/coroutine.ts';
import { enter } from '../execution/current-call.ts';
import { raisedBeside, raisedWith, ScopeError } from '../execution/errors.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { Execution } from '../execution/execution.ts';
import type { Printer } from '../result/print.ts';
import type { Need } from '../execution/need.ts';
import type { EndOfScope, OwnedScope, RunOfBody, ScopeMember } from '../execution/scope-member.ts';
import type { Sink } from '../execution/sink.ts';
import { Failures, parts } from './failures.ts';
import type { BodyOfRun } from './belongings.ts';
import type { Lifetime } from './lifetime.ts';
import { FunctionExecution, type Code, type Invocation } from '../call/function-execution.ts';
import { open } from '../result/waitable.ts';

/** The scopes in which bodies run, with options of type `O`. */
export interface Scopes<S, O> {
  make(options: O | undefined): S;
  lifetimeOf(scope: S): Lifetime;
}

/** The call that runs a body in a scope of its own. */
export class CallOfRun<S, O, T> extends TamedCall<T> {
  readonly scopes: Scopes<S, O>;
  readonly body: (scope: S) => unknown;
  readonly options: O | undefined;

  constructor(scopes: Scopes<S, O>, body: (scope: S) => unknown, options: O | undefined) {
    super();
    this.scopes = scopes;
    this.body = body;
    this.options = options;
  }

  override get name(): string {
    return this.body.name;
  }

  override [open](sink: Sink<T>, owner: Execution | undefined, member?: ScopeMember): Execution<T> {
    return new ExecutionOfRun(this, sink, owner, member);
  }

  override expression({ value }: Printer): string {
    return `AsyncScope.run(${value(this.body)})`;
  }
}

/**
 * Makes a scope, runs the body in it, closes the scope, and then reports the outcome.
 *
 * The body is a separate execution that owns the scope. So a cancel of the body ends what it waits for, then the children, and
 * unwinds the body when both have cleaned up. The scope in turn knows its body, and cancels itself through it.
 */
class ExecutionOfRun<S, O, T> extends Execution<T> implements Sink<T>, RunOfBody, Invocation {
  readonly #call: CallOfRun<S, O, T>;
  readonly #member = new BodyMember(this);
  // Made by begin(), as the body is. It is held here, though only its body uses it: a collected scope counts as dropped.
  #scope: S | undefined;
  #bodyEnd: 'returned' | 'threw' | 'cancelled' | undefined;
  // The last value of its body, or what its body threw.
  #outcome: unknown = NONE;
  #close: 'not begun' | 'begun' | 'over' = 'not begun';
  // Whether it is making its scope. If an observer of the scopes around it cancels it meanwhile, it goes on when that is made.
  #making = false;
  // The error of the close.
  #raised: Error | undefined;

  constructor(call: CallOfRun<S, O, T>, sink: Sink<T>, owner: Execution | undefined, member?: ScopeMember) {
    super(sink, owner, member);
    this.#call = call;
  }

  override get name(): string {
    return this.#call.name;
  }

  get kind(): Code['kind'] {
    return 'function';
  }

  /** What its body acquires is released after the children have ended, since they may use it. */
  override get keeper(): Execution {
    return this;
  }

  get #body(): Execution | undefined {
    return this.#member.body;
  }

  /** Whether the value of its body is wanted even after a cancel. */
  get patient(): boolean {
    return this.wanted;
  }

  /** The scope, as the body owns it. */
  get scope(): Lifetime | undefined {
    return this.#member.lifetime;
  }

  begin(): void {
    if (this.phase !== 'running') {
      return; // An operator has subscribed it for a subscriber that had gone.
    }
    const { scopes, options } = this.#call;
    const member = this.#member;
    const body = this.#makeBody();
    const outer = enter(body); // The scope belongs to the body.
    let scope: S;
    this.#making = true;
    try {
      scope = scopes.make(options);
    } catch (error) {
      this.fail(error);
      return;
    } finally {
      this.#making = false;
      enter(outer);
    }
    const lifetime = scopes.lifetimeOf(scope);
    lifetime.bodyOfRun = member;
    member.lifetime = lifetime;
    this.#scope = scope;
    if (this.cancellation !== undefined) {
      this.cancelScope(lifetime, this.cancellation);
    } else if (lifetime.cancellation === undefined) {
      body.begin();
    } else {
      body.cancel(lifetime.cancellation);
    }
  }

  #makeBody(): Execution<T> {
    const body = isGeneratorFunction(this.#call.body)
      ? new Coroutine<T>(this, this, this, this.#member)
      : new FunctionExecution<T>(this, this, this, this.#member);
    this.#member.body = body;
    body.isBodyOf(this);
    body.blocking = this.blocking;
    return body;
  }

  // As the code of its body

  get code(): Code {
    const { body } = this.#call;
    if (isGeneratorFunction(body)) {
      return this; // It has the name of its body.
    }
    return isAsyncFunction(body) ? ASYNC_BODY : SYNC_BODY;
  }

  invoke(): unknown {
    const { body } = this.#call;
    return body(this.#scope as S); // The body begins with its scope alone.
  }

  generate(): AnyGenerator<T> {
    return this.invoke() as AnyGenerator<T>; // Asked of generator functions alone.
  }

  // As the sink of its body

  next(value: T): void {
    this.#outcome = value;
  }

  complete(): void {
    this.#endBody('returned');
  }

  error(error: unknown): void {
    this.#outcome = error;
    this.#endBody('threw');
  }

  bodyEnded(): void {
    if (this.#bodyEnd === undefined) {
      this.scope?.failures?.bodyWasCutOff();
      this.#endBody('cancelled');
    }
  }

  #endBody(end: 'returned' | 'threw' | 'cancelled'): void {
    this.#bodyEnd = end;
    this.#member.cleanedUp();
    if (end === 'threw') {
      this.scope?.stop(new Cancellation(this.#outcome));
    }
    if (this.phase === 'running') {
      this.#closeScope(); // When it is torn down, proceed() closes the scope at last.
    }
  }

  #closeScope(): void {
    this.#close = 'begun';
    this.scope?.beginClose().tell(this); // There is no body without it.
    if (this.scope?.nested?.isEmpty === false) {
      this.member?.refuseCircles?.(); // A scope that the body has left open is waited for from here on.
    }
  }

  scopeClosed(raised: Error | undefined): void {
    this.#close = 'over';
    this.#raised = raised;
    this.#conclude();
  }

  /** A release that fails after the scope has closed counts all the same: the run still waits for it. */
  override cleanupFailed(error: unknown): void {
    if (this.phase !== 'running' || this.#close !== 'over') {
      super.cleanupFailed(error);
      return;
    }
    const raised = this.#raised;
    if (raised instanceof ScopeError) {
      this.#raised = raisedBeside(raised, [error]);
    } else {
      const failures = new Failures(this.scope?.name ?? '');
      failures.add(error);
      failures.timeout = raised instanceof TimeoutError ? raised : undefined;
      this.#raised = failures.raise();
    }
  }

  /** Reports the outcome, when the scope has closed and the cleanups under the body are over. */
  #conclude(): void {
    const end = this.#bodyEnd;
    if (this.held || this.#close !== 'over' || end === undefined) {
      return;
    }
    if (this.phase !== 'running') {
      this.#concludeTornDown();
    } else if (!this.releases(() => undefined)) {
      this.#report(end);
    }
  }

  #report(end: 'returned' | 'threw' | 'cancelled'): void {
    const outcome = this.#outcome;
    const raised = this.#raised;
    if (end === 'threw') {
      // The body may have awaited the close, and thrown its error.
      const beside = raised instanceof ScopeError && raised !== outcome;
      this.fail(beside ? raisedWith(raised, outcome) : outcome);
    } else if (raised !== undefined) {
      this.fail(raised);
    } else if (end === 'cancelled') {
      this.fail(this.scope?.cancellation?.error);
    } else if (outcome === NONE) {
      const { sink } = this;
      this.end();
      sink.complete();
    } else {
      this.succeed(outcome as T); // The body has returned.
    }
  }

  proceed(): void {
    if (this.endsNow() || this.held || this.#making) {
      return;
    }
    if (this.phase === 'running') {
      this.#conclude();
    } else if (this.phase === 'stopping') {
      this.phase = 'unwinding';
      if (this.scope === undefined) {
        this.over();
      } else if (this.#close === 'not begun') {
        this.#closeScope();
      } else {
        this.#conclude();
      }
    }
  }

  /** It was torn down. The errors that it would have thrown count as errors of its cleanup, one by one. */
  #concludeTornDown(): void {
    const raised = this.#raised;
    if (this.phase !== 'unwinding') {
      return;
    }
    if (raised !== undefined) {
      parts(raised).forEach((error) => this.cleanupFailed(error));
    }
    if (this.#bodyEnd === 'threw' && this.#outcome !== raised) {
      this.cleanupFailed(this.#outcome);
    }
    const returned = this.#bodyEnd === 'returned' && raised === undefined && this.#outcome !== NONE;
    this.over(returned ? { threw: false, what: this.#outcome } : undefined); // It counts for the body of a run, and for `acquire`.
  }

  override get need(): readonly Need[] {
    const lifetime = this.scope;
    const keeps =
      this.#close !== 'not begun' || lifetime?.waits === true || lifetime?.cancellation !== undefined;
    const body = this.#body === undefined ? [] : [this.#body];
    return keeps && lifetime !== undefined ? [...body, lifetime] : body;
  }

  protected collectInner(into: Execution[]): void {
    if (this.#body?.phase === 'running') {
      into.push(this.#body);
    }
  }

  protected stop(): void {
    // Also where the body has ended and the scope is closing, or is being cancelled already.
    if (this.#body !== undefined) {
      this.hold();
      this.#body.whenCleanedUp(() => this.release());
    }
    if (this.scope !== undefined && this.cancellation !== undefined) {
      this.cancelScope(this.scope, this.cancellation);
    }
    this.#member.left?.forEach((scope) => {
      this.cancelScope(scope, this.cancellation ?? new Cancellation());
    });
  }
}

const ASYNC_BODY: Code = { name: '', kind: 'function', asynchronous: true };
const SYNC_BODY: Code = { ...ASYNC_BODY, asynchronous: false };

/** No value has come. */
const NONE = Symbol('none');

/** The member of the body. The run waits for the cleanups under its body; the scope reports what they throw. */
class BodyMember implements ScopeMember, BodyOfRun {
  readonly run: Execution;
  /** The body, as soon as it has been made. */
  body: Execution | undefined;
  /** What its scope owns, as soon as that has been made. */
  lifetime: Lifetime | undefined;
  parked = false;
  /** The scopes that the body has left open after the scope of the run had closed. */
  left: Set<OwnedScope> | undefined;
  // How many cleanups go on under it; 0 after it was given up.
  #holds = 0;

  constructor(run: Execution) {
    this.run = run;
  }

  get label(): string {
    return this.run.name === '' ? 'the body of the run' : `${this.run.name} (the body of the run)`;
  }

  /** Its cleanup takes too long. */
  giveUp(): void {
    this.parked = true;
    this.body?.giveUp();
    while (this.#holds > 0) {
      this.#release();
    }
  }

  cleanedUp(): void {
    this.lifetime?.children?.cleanupTimeout?.delete(this);
  }

  get ended(): boolean {
    return this.run.isEnded();
  }

  hold(): void {
    if (!this.parked) {
      this.#holds++;
      this.run.hold();
      this.lifetime?.hold();
    }
  }

  release(): void {
    if (!this.parked) {
      this.#release();
    }
  }

  #release(): void {
    this.#holds--;
    this.lifetime?.release();
    this.run.release();
  }

  failed(error: unknown): void {
    const lifetime = this.lifetime;
    if (lifetime === undefined || lifetime.closed) {
      this.run.cleanupFailed(error);
    } else {
      lifetime.cleanupFailed(error);
    }
  }

  keeps(scope: OwnedScope, closing?: { tell(run: EndOfScope): void }): void {
    const run = this.run;
    if (this.left?.has(scope) !== true) {
      run.hold();
      (this.left ??= new Set()).add(scope);
    }
    closing?.tell({
      scopeClosed: (raised) => {
        this.left?.delete(scope);
        const errors = raised === undefined ? [] : parts(raised);
        errors.forEach((error) => run.cleanupFailed(error));
        run.release();
      },
    });
  }

  keepsNoLonger(scope: OwnedScope): void {
    if (this.left?.delete(scope) === true) {
      this.run.release();
    }
  }

  abandoned(): void {
    this.run.member?.abandoned();
  }

  get home(): unknown {
    return this.lifetime ?? this.run.member?.home;
  }

  get outer(): ScopeMember | undefined {
    return this.run.member;
  }

  get opens(): boolean {
    return this.lifetime === undefined;
  }

  nests(scope: object): void {
    if (this.opens) {
      this.run.member?.nests(scope);
    } else {
      this.lifetime?.broadcast?.nests(scope, 0);
    }
  }
}
