// The room `execution`: one running call.
//
// It promises to the rooms above: a call begins once and ends once. A cancel goes from the outermost to the innermost, cleanup comes
// back from the innermost to the outermost, and whoever waits goes on only after that. It knows nothing of functions, results or scopes.
// It takes from RxJS that errors which reach nobody have a place to go.

import { Owned } from './owned.ts';
import { Cancellation } from './cancellation.ts';
import type { Need } from './need.ts';
import { registry } from './registry.ts';
import { runIn } from './context.ts';
import { currentCall, enter } from './current-call.ts';
import type { CancelledError } from './errors.ts';
import { PendingCleanups } from './pending-cleanups.ts';
import { flatten, reportUnhandled } from './unhandled.ts';
import { NOBODY, type Sink } from './sink.ts';
import type { ScopeMember, OwnedScope, RunOfBody } from './scope-member.ts';
import type { PendingAwait } from './pending-await.ts';

/** The second half of a cancel, of those that were halted, or of a part of them: from the last back, the innermost first. */
export let tearDown: (
  halted: readonly Execution[],
  cancellation: Cancellation,
  from?: number,
  to?: number,
) => void;

/**
 * One execution of a call: what one subscription to it started. Its life is drawn at {@link Phase}.
 *
 * Invariant: from `stopping` on nothing is emitted, except the outcome of a body.
 */
export abstract class Execution<T = unknown> extends PendingCleanups implements Need {
  /** Why it was cancelled. Set once, when it leaves `running`. */
  cancellation: Cancellation | undefined;
  /** Its code knows that it was cancelled: an await was rejected, its signal aborted, or `return()` was called. */
  told = false;
  /** It is tearing down what it waits for: what is torn down now reports its cleanup here. */
  collecting = false;
  /** The execution under whose code it was subscribed. Let go at the end, lest ended calls form a chain. */
  owner: Execution | undefined;
  protected sink: Sink<T>;

  // The code of a cancelled execution has ended, though the scopes it made have not; calling this says how.
  #outcome: (() => void) | undefined;
  // Made when its code first awaits, makes a scope, or asks for its signal: most never do.
  #owned: Owned | undefined;

  constructor(sink: Sink<T>, owner: Execution | undefined, member = owner?.member) {
    super(member);
    this.sink = sink;
    this.owner = owner;
    this.context = owner?.context;
    if (owner === undefined && member === undefined) {
      registry?.began(this);
    }
  }

  /** Runs the code, up to where it first waits. */
  abstract begin(): void;
  /** Adds the executions it waits for, the last one first. */
  protected abstract collectInner(into: Execution[]): void;
  /** Tears down what else it waits for. */
  protected abstract stop(): void;

  /**
   * Cancels it with everything it waits for, the innermost first. A list, not a recursion: ten thousand
   * coroutines, one inside the other, must not overflow the stack.
   */
  cancel(cancellation: Cancellation, member?: ScopeMember): void {
    tearDown(this.halt(cancellation, member), cancellation);
  }

  /**
   * The first half of a cancel: none of its code goes on any more. Adds it and all that it waits for to `halted`, in their
   * order, for the second half, {@link tearDown}; returns that list.
   */
  halt(cancellation: Cancellation, member?: ScopeMember, halted: Execution[] = []): Execution[] {
    let index = halted.length;
    if (this.phase === 'running') {
      halted.push(this);
    }
    for (let next = halted[index]; next !== undefined; next = halted[++index]) {
      if (next.member?.ended !== false) {
        next.member = member ?? next.member; // Subscribed by a timer of an operator, or shared with one that ended.
      }
      next.#mark(cancellation, halted); // It may add to the list.
    }
    return halted;
  }

  #mark(cancellation: Cancellation, halted: Execution[]): void {
    this.phase = 'stopping';
    this.cancellation = cancellation;
    this.hold(); // For #tearDown itself.
    const before = halted.length;
    this.collectInner(halted);
    if (this.#owned !== undefined) {
      this.told ||= this.#owned.isWaiting;
      halted.push(...(this.#owned.running() as Execution[])); // Only executions are waited for.
    }
    for (let index = before; index < halted.length; index++) {
      halted[index]?.heldFor(this);
    }
  }

  static {
    tearDown = (halted, cancellation, from = 0, to = halted.length) => {
      for (let index = to - 1; index >= from; index--) {
        (halted[index] as Execution).#tearDown(cancellation); // Within the list.
      }
    };
  }

  #tearDown(cancellation: Cancellation): void {
    const outer = enter(this);
    this.collecting = true;
    if (runIn(this.context, () => this.#owned?.signal.abort(cancellation), undefined) === true) {
      this.hear();
    }
    this.stop();
    this.#owned?.drop();
    this.#owned?.scopes?.forEach((scope) => {
      this.hold();
      scope.cancel(cancellation, () => this.release());
    });
    this.collecting = false;
    enter(outer);
    this.release();
  }

  /** What unsubscribing does: whoever tears down waits for the cleanup, and so does the child it belongs to. */
  teardown(): void {
    if (this.phase !== 'running') {
      return;
    }
    const collector = collectingExecution();
    const cancellation = collector?.cancellation ?? new Cancellation(undefined, this.what);
    const halted = this.halt(cancellation, collector?.member);
    const { member } = this;
    member?.hold(false); // Its cleanup may end the child or body in turn, which does not see it any more.
    tearDown(halted, cancellation);
    if (!this.isEnded()) {
      if (collector !== undefined) {
        this.heldFor(collector);
      }
      if (member !== collector?.member) {
        this.holdMember();
      }
    }
    member?.release();
  }

  /** Tells the code of a cancelled execution through what it awaits. */
  protected rejectAwaits(cancellation: Cancellation): void {
    if (this.#owned?.isWaiting === true) {
      this.hear();
    }
    this.#owned?.reject(cancellation);
  }

  /** Its code returned. */
  succeed(value: T): void {
    const { sink } = this;
    if (this.cancellation === undefined) {
      this.end();
      sink.next(value);
      sink.complete();
    } else {
      this.over(() => {
        sink.next(value);
        sink.complete();
      });
    }
  }

  /** Its code threw. */
  fail(error: unknown): void {
    const { sink } = this;
    if (this.cancellation === undefined) {
      this.end();
      sink.error(error);
      return;
    }
    if (this.#owned?.run !== undefined && !this.told && !this.#comesBack(error)) {
      this.over(() => sink.error(error));
      return;
    }
    this.unwindFailed(error);
    this.over();
  }

  /** What a function throws while it unwinds counts, unless it is the cancel or the abort itself, come back. */
  unwindFailed(error: unknown): void {
    if (this.phase !== 'ended' && !this.#comesBack(error)) {
      this.cleanupFailed(error);
    }
  }

  /** The code of a cancelled execution has ended; with `outcome` only if it returned all the same. */
  over(outcome?: () => void): void {
    if (this.phase === 'ended') {
      return;
    }
    this.#outcome = this.#owned?.run === undefined || outcome === undefined ? NOTHING_TO_TELL : outcome;
    if (!this.held) {
      this.end();
    }
  }

  /** Its cleanup takes too long: it ends here, whatever its code still does. */
  giveUp(): void {
    if (this.phase !== 'ended') {
      this.#outcome = NOTHING_TO_TELL;
      this.end();
    }
  }

  /** Ends what is only waiting for its scopes and cleanups. To be asked first in `proceed`. */
  protected endsNow(): boolean {
    const ends = this.#outcome !== undefined || this.phase === 'ended';
    if (ends && !this.held) {
      this.end();
    }
    return ends;
  }

  /** Its last act: from here on nobody waits for it. */
  protected end(): void {
    this.phase = 'ended';
    this.#dropLeftovers();
    for (const scope of this.#owned?.scopes ?? []) {
      if (this.cancellation !== undefined) {
        scope.takeFailures(this).forEach((error) => this.cleanupFailed(error));
      }
      scope.outlive(this);
    }
    const outcome = this.#outcome;
    const run = this.#owned?.run;
    this.#owned = undefined;
    this.#outcome = undefined;
    this.owner = undefined;
    this.sink = NOBODY;
    outcome?.();
    if (this.cancellation !== undefined) {
      run?.bodyEnded();
    }
    this.letGo();
  }

  /** What its code has begun to await, and awaits no longer (it lost a race, say), ends with it. */
  #dropLeftovers(): void {
    if (this.#owned?.awaitsSomething === true) {
      const left = this.#owned.running() as Execution[]; // Only executions are waited for.
      left.reverse().forEach((execution) => execution.teardown());
      this.#owned.drop();
      this.#owned.reject(new Cancellation());
    }
  }

  /** Raised by exactly one scope: the nearest that waits; where none does, RxJS reports it. */
  cleanupFailed(error: unknown): void {
    for (const each of flatten(error)) {
      if (this.member === undefined) {
        reportUnhandled(each);
      } else {
        this.member.failed(each);
      }
    }
  }

  #comesBack(error: unknown): boolean {
    return (
      this.#owned?.delivered?.has(error as object) !== true && this.cancellation?.comesBackAs(error) === true
    );
  }

  /** An error has reached its code, before any cancel: if it ends in that, it has failed, whatever kind of error it is. */
  hasReceived(error: unknown): void {
    if (this.cancellation === undefined && typeof error === 'object' && error !== null) {
      this.#owned ??= new Owned();
      (this.#owned.delivered ??= new WeakSet()).add(error);
    }
  }

  /** Its abort signal, made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.cancellation !== undefined) {
      this.hear();
    }
    return (this.#owned ??= new Owned()).signal.get(this.cancellation);
  }

  /** Whether it was let go, and its code has not been told since. */
  get adrift(): boolean {
    return false;
  }

  /** What its code has made or taken, if anything. */
  protected get owned(): Owned | undefined {
    return this.#owned;
  }

  /** What it cannot go on without. */
  get need(): Need | readonly Need[] | undefined {
    return this.#owned?.blockedAt;
  }

  /** What it waits for just now, the last one first. */
  inner(): readonly Execution[] {
    const into: Execution[] = [];
    this.collectInner(into);
    into.push(...((this.#owned?.running() ?? []) as Execution[])); // Only executions are waited for.
    return into;
  }

  /** Its code was told in a way that a generator does not count. */
  hear(): void {}

  /** Whether a tamed await is refused, since its code is cancelled and has not been told. */
  refuses(): boolean {
    return this.cancellation !== undefined && !this.told;
  }

  /** Refuses an await: not before all that it waits for has cleaned up, and this tells an asynchronous function. */
  refuse(reject: (error: CancelledError) => void): void {
    if (this.phase === 'stopping') {
      this.remember({ waiting: true, inner: undefined, drop() {}, reject });
    } else if (this.cancellation !== undefined) {
      this.hear();
      reject(this.cancellation.error);
    }
  }

  /** It is the body of `run`: if it returns although it was cancelled, it has succeeded. */
  isBodyOf(run: RunOfBody): void {
    (this.#owned ??= new Owned()).run = run;
  }

  /** Whether it is a body, or what a body has returned and waits for. */
  protected get isBody(): boolean {
    return this.#owned?.run !== undefined;
  }

  /** It and what it does as a value a scope can be given: it ends the scope with itself. */
  adopt(scope: OwnedScope): void {
    this.#owned ??= new Owned();
    (this.#owned.scopes ??= new Set()).add(scope);
  }

  disown(scope: OwnedScope): void {
    this.#owned?.scopes?.delete(scope);
  }

  remember(pending: PendingAwait): void {
    (this.#owned ??= new Owned()).awaits.add(pending);
  }

  forget(pending: PendingAwait): void {
    this.#owned?.awaits.delete(pending);
    if (pending.shielded === true && this.phase === 'unwinding') {
      this.unshielded();
    }
  }

  /** Whether its code waits for a cleanup, which no cancel interrupts. */
  get shielded(): boolean {
    return this.#owned?.isShielded === true;
  }

  /** The cleanup for which its cancelled code has waited is over. */
  protected unshielded(): void {}

  /** Whether it is `ancestor`, or was called from it through calls alone. */
  isUnder(ancestor: Execution): boolean {
    let execution = this.owner;
    while (execution !== undefined && execution !== ancestor) {
      execution = execution.owner;
    }
    return this === ancestor || execution === ancestor;
  }
}

/** The execution of the tamed call whose code is running, where that is known. */
export function currentExecution(): Execution | undefined {
  // Only executions are ever entered.
  return currentCall() as Execution | undefined;
}

/**
 * The execution whose code waits here: that whose code is running, unless it is a teardown. What waits in that is cleanup, and
 * not the code that is being cancelled.
 */
export function waitingExecution(): Execution | undefined {
  const execution = currentExecution();
  return execution?.collecting === true ? undefined : execution;
}

/** The execution that is tearing down just here, and waits for the cleanups of what it tears down. */
export function collectingExecution(): Execution | undefined {
  const execution = currentExecution();
  // Still stopping, though not tearing down: its own first, synchronous segment is being torn down under it.
  return execution?.collecting === true || execution?.phase === 'stopping' ? execution : undefined;
}

const NOTHING_TO_TELL = (): void => undefined;
