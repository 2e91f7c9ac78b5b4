import { isAsyncFunction, TamedCall } from '../call/call.ts';
import { Coroutine, isGeneratorFunction, type AnyGenerator } from '../call/coroutine.ts';
import { enter } from '../execution/current-call.ts';
import { raisedWith, ScopeError } from '../execution/errors.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { Execution } from '../execution/execution.ts';
import type { Printer } from '../result/print.ts';
import type { Need } from '../execution/need.ts';
import type { ScopeMember, RunOfBody } from '../execution/scope-member.ts';
import type { Sink } from '../execution/sink.ts';
import { parts } from './failures.ts';
import type { CleaningUp } from './cleanup-timeout.ts';
import type { Lifetime } from './lifetime.ts';
import { FunctionExecution } from '../call/function-execution.ts';
import { open } from '../result/waitable.ts';

/** The scope of a run, and its lifetime. */
export interface Opened<S> {
  readonly scope: S;
  readonly lifetime: Lifetime;
}

/** The call that runs a body in a scope of its own. */
export class CallOfRun<S, T> extends TamedCall<T> {
  readonly #openScope: () => Opened<S>;
  readonly #body: (scope: S) => unknown;

  constructor(openScope: () => Opened<S>, body: (scope: S) => unknown) {
    super();
    this.#openScope = openScope;
    this.#body = body;
  }

  override get name(): string {
    return this.#body.name;
  }

  override [open](sink: Sink<T>, owner: Execution | undefined, member?: ScopeMember): Execution<T> {
    return new ExecutionOfRun(this.#openScope, this.#body, sink, owner, member);
  }

  override expression({ value }: Printer): string {
    return `AsyncScope.run(${value(this.#body)})`;
  }
}

/**
 * Makes a scope, runs the body in it, closes the scope, and then reports the outcome.
 *
 * The body is a separate execution that owns the scope. So a cancel of the body ends what it waits for, then the children, and
 * unwinds the body when both have cleaned up. The scope in turn knows its body, and cancels itself through it.
 */
class ExecutionOfRun<S, T> extends Execution<T> implements Sink<T>, RunOfBody {
  readonly #openScope: () => Opened<S>;
  readonly #code: (scope: S) => unknown;
  readonly #member = new BodyMember(this);
  // begin() makes both. The scope is held here, though only its body uses it: a scope that is collected counts as dropped.
  #scope: S | undefined;
  #body: Execution<T> | undefined;
  // The last value of the body, how the body ended, and how the close of its scope ended. Undefined until then.
  #value: { readonly value: T } | undefined;
  #bodyEnd: BodyEnd | undefined;
  #closed: { readonly raised?: unknown } | undefined;
  #closing = false;

  constructor(
    openScope: () => Opened<S>,
    code: (scope: S) => unknown,
    sink: Sink<T>,
    owner: Execution | undefined,
    member?: ScopeMember,
  ) {
    super(sink, owner, member);
    this.#openScope = openScope;
    this.#code = code;
  }

  override get name(): string {
    return this.#code.name;
  }

  /** What its body acquires is released after the children have ended, since they may use it. */
  override get keeper(): Execution {
    return this;
  }

  get #lifetime(): Lifetime | undefined {
    return this.#member.lifetime;
  }

  begin(): void {
    const member = this.#member;
    const body = this.#makeBody(() => this.#code(this.#scope as S), member); // It begins with its scope alone.
    member.body = body;
    const outer = enter(body); // The scope belongs to the body.
    let opened: Opened<S>;
    try {
      opened = this.#openScope();
    } catch (error) {
      this.fail(error);
      return;
    } finally {
      enter(outer);
    }
    const { scope, lifetime } = opened;
    lifetime.bodyOfRun = member;
    body.adopt(lifetime); // Also a scope with a parent.
    member.lifetime = lifetime;
    this.#scope = scope;
    this.#body = body;
    if (lifetime.cancellation === undefined) {
      body.begin();
    } else {
      body.cancel(lifetime.cancellation);
    }
  }

  #makeBody(invoke: () => unknown, member: BodyMember): Execution<T> {
    const body = isGeneratorFunction(this.#code)
      ? new Coroutine<T>(
          { code: { name: this.#code.name }, generate: invoke as () => AnyGenerator<T> },
          this,
          this,
          member,
        )
      : new FunctionExecution<T>(
          { invoke, code: { name: '', kind: 'function', asynchronous: isAsyncFunction(this.#code) } },
          this,
          this,
          member,
        );
    body.isBodyOf(this);
    body.blocking = this.blocking;
    return body;
  }

  // As the sink of its body

  next(value: T): void {
    this.#value = { value };
  }

  complete(): void {
    this.#endBody({ type: 'returned' });
  }

  error(error: unknown): void {
    this.#endBody({ type: 'threw', error });
  }

  bodyEnded(): void {
    if (this.#bodyEnd === undefined) {
      this.#lifetime?.failures?.bodyWasCutOff();
      this.#endBody({ type: 'cancelled' });
    }
  }

  #endBody(end: BodyEnd): void {
    this.#bodyEnd = end;
    this.#member.cleanedUp();
    if (end.type === 'threw') {
      this.#lifetime?.stop(new Cancellation(end.error));
    }
    if (this.phase === 'running') {
      this.#close(); // When it is torn down, proceed() closes the scope at last.
    }
  }

  #close(): void {
    this.#closing = true;
    this.#lifetime?.beginClose().tell(new ScopeEnd(this)); // There is no body without it.
  }

  scopeClosed(raised: unknown): void {
    this.#closed = { raised };
    this.#conclude();
  }

  /** Reports the outcome, when the scope has closed and the cleanups under the body are over. */
  #conclude(): void {
    if (this.held || this.#closed === undefined || this.#bodyEnd === undefined) {
      return;
    }
    const { raised } = this.#closed;
    if (this.phase !== 'running') {
      this.#concludeTornDown(raised);
      return;
    }
    if (this.#bodyEnd.type === 'threw') {
      const { error } = this.#bodyEnd;
      // The body may have awaited the close, and thrown its error.
      const beside = raised instanceof ScopeError && raised !== error;
      this.fail(beside ? raisedWith(raised, error) : error);
    } else if (raised !== undefined) {
      this.fail(raised);
    } else if (this.#bodyEnd.type === 'cancelled') {
      this.fail(this.#lifetime?.cancellation?.error);
    } else if (this.#value === undefined) {
      const { sink } = this;
      this.end();
      sink.complete();
    } else {
      this.succeed(this.#value.value);
    }
  }

  proceed(): void {
    if (this.endsNow() || this.held) {
      return;
    }
    if (this.phase === 'running') {
      this.#conclude();
    } else if (this.phase === 'stopping') {
      this.phase = 'unwinding';
      if (this.#lifetime === undefined) {
        this.over();
      } else if (this.#closing) {
        this.#conclude();
      } else {
        this.#close();
      }
    }
  }

  /** It was torn down. The errors that it would have thrown count as errors of its cleanup, one by one. */
  #concludeTornDown(raised: unknown): void {
    if (this.phase !== 'unwinding') {
      return;
    }
    if (raised instanceof Error) {
      parts(raised).forEach((error) => this.cleanupFailed(error));
    }
    if (this.#bodyEnd?.type === 'threw' && this.#bodyEnd.error !== raised) {
      this.cleanupFailed(this.#bodyEnd.error);
    }
    this.over();
  }

  override get need(): readonly Need[] {
    const lifetime = this.#lifetime;
    const keeps = this.#closing || lifetime?.waits === true || lifetime?.cancellation !== undefined;
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
    if (this.#lifetime !== undefined && this.cancellation !== undefined) {
      this.hold();
      this.#lifetime.cancel(this.cancellation, () => this.release());
    }
  }
}

/** Hears for a run how its scope closes. */
class ScopeEnd implements Sink<void> {
  readonly #run: { scopeClosed(raised: unknown): void };

  constructor(run: { scopeClosed(raised: unknown): void }) {
    this.#run = run;
  }

  next(): void {}

  error(raised: unknown): void {
    this.#run.scopeClosed(raised);
  }

  complete(): void {
    this.#run.scopeClosed(undefined);
  }
}

interface Threw {
  readonly type: 'threw';
  readonly error: unknown;
}

type BodyEnd = Threw | { readonly type: 'returned' | 'cancelled' };

/** The member of the body. The run waits for the cleanups under its body; the scope reports what they throw. */
class BodyMember implements ScopeMember, CleaningUp {
  readonly #run: Execution;
  /** The body, as soon as it has been made. */
  body: Execution | undefined;
  /** What its scope owns, as soon as that has been made. */
  lifetime: Lifetime | undefined;
  parked = false;
  // How many cleanups go on under it; 0 after it was given up.
  #holds = 0;

  constructor(run: Execution) {
    this.#run = run;
  }

  get label(): string {
    return this.#run.name === '' ? 'the body of the run' : `${this.#run.name} (the body of the run)`;
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
    return this.#run.isEnded();
  }

  hold(): void {
    if (!this.parked) {
      this.#holds++;
      this.#run.hold();
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
    this.#run.release();
  }

  failed(error: unknown): void {
    const lifetime = this.lifetime;
    if (lifetime === undefined || lifetime.closed) {
      this.#run.cleanupFailed(error);
    } else {
      lifetime.cleanupFailed(error);
    }
  }

  abandoned(): void {
    this.#run.member?.abandoned();
  }

  get home(): unknown {
    return this.lifetime ?? this.#run.member?.home;
  }

  get outer(): ScopeMember | undefined {
    return this.#run.member;
  }

  get opens(): boolean {
    return this.lifetime === undefined;
  }

  nests(scope: object): void {
    if (this.opens) {
      this.#run.member?.nests(scope);
    } else {
      this.lifetime?.broadcast?.nests(scope, 0);
    }
  }
}
