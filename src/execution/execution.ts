// The room `execution`: one running call.
//
// It promises to the rooms above: a call begins once and ends once. A cancel goes from the outermost execution to the
// innermost. Cleanup goes from the innermost to the outermost, and a waiter goes on only after it. The room knows nothing of
// functions, results or scopes. It takes from RxJS how errors are reported that reach no caller.

import { Cancellation } from './cancellation.ts';
import type { Need } from './need.ts';
import { cascade } from './cascade.ts';
import { registry } from './registry.ts';
import { runIn } from './context.ts';
import { currentCall, enter } from './current-call.ts';
import type { CancelledError } from './errors.ts';
import type { Owned } from './owned.ts';
import { Owning } from './owning.ts';
import { cancels } from './queue.ts';
import { NOOP_SINK, type Room, type Sink } from './sink.ts';
import { outward, type OwnedScope, type ScopeMember } from './scope-member.ts';

/**
 * The second half of a cancel. It tears down the executions that were halted, or the part of them between `from` and `to`: from
 * the last to the first, so the innermost comes first.
 */
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
export abstract class Execution<T = unknown> extends Owning implements Need {
  /** It is tearing down what it waits for. An execution that is torn down meanwhile reports its cleanup here. */
  collecting = false;
  /** The execution whose code subscribed it. Cleared at the end, so that ended calls form no chain. */
  owner: Execution | undefined;
  protected sink: Sink<T>;

  // How the code of a cancelled execution ended. Set when the code has ended; told when the scopes it made have, too.
  #outcome: Outcome | undefined;

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
  /** Adds to `into` the executions it waits for, the last one first. */
  protected abstract collectInner(into: Execution[]): void;
  /** Tears down everything else it waits for. */
  protected abstract stop(): void;

  /**
   * Cancels it with everything it waits for, the innermost first. This walks a list and does not recurse: ten thousand
   * coroutines, one inside the other, must not overflow the stack.
   */
  cancel(cancellation: Cancellation, member?: ScopeMember): void {
    tearDown(this.halt(cancellation, member), cancellation);
  }

  /**
   * The first half of a cancel: from here on, none of its code goes on. Adds it and every execution it waits for to `halted`,
   * in order, for the second half, {@link tearDown}. Returns that list.
   */
  halt(cancellation: Cancellation, member?: ScopeMember, halted: Execution[] = []): Execution[] {
    let index = halted.length;
    if (this.phase === 'running') {
      halted.push(this);
    }
    for (let next = halted[index]; next !== undefined; next = halted[++index]) {
      if (next.member?.ended !== false) {
        next.member = member ?? next.member; // A timer of an operator subscribed it, or it was shared with an ended one.
      }
      next.#mark(cancellation, halted); // This may add to the list.
    }
    return halted;
  }

  #mark(cancellation: Cancellation, halted: Execution[]): void {
    this.phase = 'stopping';
    this.cancellation = cancellation;
    this.hold(); // `#tearDown` releases it.
    const before = halted.length;
    this.collectInner(halted);
    if (this.owned !== undefined) {
      halted.push(...(this.owned.running() as Execution[])); // Only executions are waited for.
    }
    for (let index = before; index < halted.length; index++) {
      halted[index]?.keepWaiting(this);
    }
  }

  static {
    const between: typeof tearDown = (halted, cancellation, from = 0, to = halted.length) => {
      // The scopes that these have made are cancelled here one by one, and children of one may wait for children of another.
      cascade(() => {
        for (let index = to - 1; index >= from; index--) {
          (halted[index] as Execution).#tearDown(cancellation); // Within the list.
        }
      });
    };
    tearDown = between;
  }

  #tearDown(cancellation: Cancellation): void {
    const outer = enter(this);
    this.collecting = true;
    if (this.owned !== undefined) {
      this.#abort(this.owned, cancellation);
    }
    this.stop();
    this.owned?.drop();
    if (this.#ownsScopes) {
      this.#cancelScopes(cancellation);
    }
    this.collecting = false;
    enter(outer);
    this.release();
  }

  #abort(owned: Owned, cancellation: Cancellation): void {
    if (runIn(this.context, () => owned.abort(cancellation), undefined)) {
      this.markTold();
    }
  }

  get #ownsScopes(): boolean {
    return this.owned?.scopes !== undefined || this.run?.scope !== undefined;
  }

  #cancelScopes(cancellation: Cancellation): void {
    const made = this.owned?.scopes?.all() ?? NO_SCOPES;
    const scopes = this.run?.scope === undefined ? made : [this.run.scope, ...made];
    for (const scope of scopes) {
      this.cancelScope(scope, cancellation);
    }
  }

  /** Waits for what runs in `scope`. A scope that was made deep inside of others is cancelled after those. */
  protected cancelScope(scope: OwnedScope, cancellation: Cancellation): void {
    this.hold();
    cancels.enter({ proceed: () => this.#tearDownScope(scope, cancellation) });
  }

  #tearDownScope(scope: OwnedScope, cancellation: Cancellation): void {
    const outer = enter(this);
    const { collecting } = this;
    this.collecting = true;
    scope.cancel(cancellation, () => this.release());
    this.collecting = collecting;
    enter(outer);
  }

  /** Unsubscribing calls this. The execution that tears it down waits for its cleanup, and so does the child it belongs to. */
  teardown(): void {
    if (this.phase !== 'running') {
      return;
    }
    const collector = collectingExecution();
    const cancellation = collector?.cancellation ?? new Cancellation(undefined, this.what);
    // What this waits for itself must not wait for this: neither would ever end.
    const waiter = collector?.isPartOf(this) === true ? undefined : collector;
    const halted = this.halt(cancellation, waiter?.member);
    const { member } = this;
    member?.hold(false); // Until `holdMember`: a cleanup may end the child or body too early.
    tearDown(halted, cancellation);
    if (!this.isEnded()) {
      if (waiter !== undefined) {
        this.keepWaiting(waiter);
      }
      if (member !== waiter?.member) {
        this.holdMember();
      }
    }
    member?.release();
  }

  /** Its code returned. */
  succeed(value: T): void {
    if (this.owned !== undefined || this.cancellation !== undefined) {
      this.#ends({ threw: false, what: value });
      return;
    }
    const { sink } = this;
    this.end(); // As most do, it owns nothing that would have to be closed after this.
    sink.next(value);
    sink.complete();
  }

  /** Its code threw. */
  fail(error: unknown): void {
    this.#ends({ threw: true, what: error });
  }

  #ends(outcome: Outcome): void {
    if (this.keeps) {
      this.#endsAfterRelease(outcome);
    } else if (this.cancellation === undefined) {
      this.end(outcome);
    } else if (!outcome.threw || (this.run !== undefined && !this.told && !this.#comesBack(outcome.what))) {
      this.over(outcome);
    } else {
      this.unwindFailed(outcome.what);
      this.over();
    }
  }

  // Apart from what most executions do: V8 makes a context for each function that has a closure, also where it makes no closure.
  #endsAfterRelease(outcome: Outcome): void {
    this.releases(() => this.#ends(outcome));
  }

  /** An error that a function throws while it unwinds counts, unless it is the cancel or the abort itself, thrown back. */
  unwindFailed(error: unknown): void {
    if (this.phase !== 'ended' && !this.#comesBack(error)) {
      this.cleanupFailed(error);
    }
  }

  /**
   * It is the body of a run. The code that it waits for was cancelled with it, and has ended with an error that is no cancel come
   * back: that code may have received the error before the cancel, which cannot be seen from here.
   */
  protected innerFailed(error: unknown): void {
    if (this.told) {
      this.cleanupFailed(error);
      this.over();
    } else {
      this.over({ threw: true, what: error });
    }
  }

  /** The code of a cancelled execution has ended. `outcome` says how; it counts only for the body of a run. */
  over(outcome?: Outcome): void {
    if (this.phase === 'ended') {
      return;
    }
    if (this.keeps) {
      this.#overAfterRelease(outcome);
      return;
    }
    this.#outcome = (this.run && outcome) ?? NO_OUTCOME;
    if (!this.held) {
      this.end();
    }
  }

  #overAfterRelease(outcome: Outcome | undefined): void {
    this.releases(() => this.over(outcome));
  }

  /** Its cleanup takes too long. The execution ends here, whatever its code still does. */
  giveUp(): void {
    if (this.phase !== 'ended') {
      this.#outcome = NO_OUTCOME;
      this.end();
    }
  }

  /**
   * Ends an execution whose code has ended, as soon as its scopes and cleanups are over. Returns whether the code has ended:
   * `proceed` asks that first.
   */
  protected endsNow(): boolean {
    const ends = this.#outcome !== undefined || this.phase === 'ended';
    if (ends && !this.held) {
      this.end();
    }
    return ends;
  }

  /**
   * Its last act. From here on no other code waits for it. The `outcome` of one that was not cancelled is told before its scopes
   * are closed: a close may run code that cancels what it belongs to, and its failure must not be lost by that.
   */
  protected end(outcome?: Outcome): void {
    this.phase = 'ended';
    this.dropLeftovers();
    this.releaseLate();
    const scopes = this.owned?.scopes?.all() ?? NO_SCOPES;
    this.#leaveScopes(scopes, outcome !== undefined);
    const { sink, run } = this;
    const outcomeOfBody = this.#outcome;
    this.owned = undefined;
    this.run = undefined;
    this.#outcome = undefined;
    this.owner = undefined;
    this.sink = NOOP_SINK;
    tell(sink, outcomeOfBody);
    if (this.cancellation !== undefined) {
      run?.bodyEnded();
    }
    this.releaseWaiters();
    if (outcome !== undefined) {
      tell(sink, outcome);
      this.#close(scopes);
    }
  }

  #leaveScopes(scopes: readonly OwnedScope[], later: boolean): void {
    for (const scope of scopes) {
      this.takeFailures(scope);
    }
    if (later) {
      scopes.forEach((scope) => scope.moveOut(this));
    } else {
      this.#close(scopes);
    }
  }

  /** A close may cancel, so these are a cascade, too. */
  #close(scopes: readonly OwnedScope[]): void {
    if (scopes.length > 0) {
      cascade(() => scopes.forEach((scope) => scope.outlive(this)));
    }
  }

  /** How much whoever reads its values can take; undefined where that cannot hold it back. */
  get room(): Room | undefined {
    return this.sink.room;
  }

  /** The execution that owns a resource which its code waits for: the nearest one that runs code, from itself outwards. */
  get keeper(): Execution | undefined {
    return this.owner?.keeper;
  }

  #comesBack(error: unknown): boolean {
    const { cancellation } = this;
    const received = this.owned?.delivered?.has(error as object) === true;
    return cancellation?.comesBackAs(error) === true && (!received || cancellation.hasError(error));
  }

  /** Whether the library no longer waits for its code, which has not been told of the cancel since. */
  get abandoned(): boolean {
    return false;
  }

  /** What it cannot go on without. */
  get need(): Need | readonly Need[] | undefined {
    return this.owned?.users ?? this.owned?.blockedAt;
  }

  /** The executions it waits for just now, the last one first. */
  inner(): readonly Execution[] {
    const into: Execution[] = [];
    this.collectInner(into);
    into.push(...((this.owned?.running() ?? []) as Execution[])); // Only executions are waited for.
    return into;
  }

  /** Whether a tamed await is refused: its code is cancelled and has not been told. */
  refuses(): boolean {
    return this.cancellation !== undefined && !this.told;
  }

  /**
   * Refuses an await by rejecting it, which tells an asynchronous function of the cancel. While the execution is stopping, the
   * rejection is put off until everything it waits for has cleaned up.
   */
  refuse(reject: (error: CancelledError) => void): void {
    if (this.phase === 'stopping') {
      this.rejectLater({ waiting: true, inner: undefined, drop() {}, reject });
    } else if (this.cancellation !== undefined) {
      this.markTold();
      reject(this.cancellation.error);
    }
  }

  /** Whether it is `ancestor`, or was called from it through calls alone. */
  isUnder(ancestor: Execution): boolean {
    let execution = this.owner;
    while (execution !== undefined && execution !== ancestor) {
      execution = execution.owner;
    }
    return this === ancestor || execution === ancestor;
  }

  /** Whether it is under `ancestor`, or in a scope that code under `ancestor` has made. */
  isPartOf(ancestor: Execution): boolean {
    return (
      this.isUnder(ancestor) ||
      outward(this.member, (each) => each.isMadeUnder?.(ancestor) === true) !== undefined
    );
  }
}

/** The execution of the tamed call whose code is running, where that is known. */
export function currentExecution(): Execution | undefined {
  // Only executions are ever entered.
  return currentCall() as Execution | undefined;
}

/**
 * The execution that waits if the code here waits: the one whose code is running, unless that code is a teardown. What a
 * teardown waits for is cleanup, and not part of the code that is being cancelled.
 */
export function waitingExecution(): Execution | undefined {
  const execution = currentExecution();
  return execution?.collecting === true ? undefined : execution;
}

/** The execution that is tearing down here, and waits for the cleanups of what it tears down. */
export function collectingExecution(): Execution | undefined {
  const execution = currentExecution();
  // A `stopping` one counts although `collecting` is over: its own first, synchronous segment is being torn down under it.
  return execution?.collecting === true || execution?.phase === 'stopping' ? execution : undefined;
}

/** How code has ended: it threw, or it returned. Most code that is cancelled has no outcome. */
export interface Outcome {
  readonly threw: boolean | undefined;
  readonly what: unknown;
}

const NO_OUTCOME: Outcome = { threw: undefined, what: undefined };

function tell(sink: Sink<unknown>, outcome: Outcome | undefined): void {
  if (outcome?.threw === false) {
    sink.next(outcome.what);
    sink.complete();
  } else if (outcome?.threw === true) {
    sink.error(outcome.what);
  }
}

const NO_SCOPES: readonly OwnedScope[] = [];
