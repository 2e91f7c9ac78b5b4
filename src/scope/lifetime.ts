import type { TamedCall } from '../call/call.ts';
import { hasLeft } from './belongings.ts';
import { Child, type ChildHost } from './child.ts';
import { Children } from './children.ts';
import { parts, type Failure } from './failures.ts';
import { titleOf, type CheckedOptions } from './options.ts';
import type { CurrentCall } from '../execution/current-call.ts';
import { CleanupTimeout, type CleaningUp } from './cleanup-timeout.ts';
import { Cancellation } from '../execution/cancellation.ts';
import type { Execution } from '../execution/execution.ts';
import type { StartOptions } from './start-options.ts';
import type { ScopeMember, OwnedScope } from '../execution/scope-member.ts';
import { startStacks } from './start-stacks.ts';
import { enqueue, enqueueLast, type Ready } from '../execution/queue.ts';
import { isDelivered, type DelayedResult } from '../result/result.ts';
import { finishTelling } from '../result/telling.ts';
import { cancellationBy } from './triggers.ts';
import { NestedScopes } from './nested-scopes.ts';
import { Stopping } from './stopping.ts';
import { supervising, unsupervised } from './supervisor.ts';
import { awaitError, callerOf } from './await-error.ts';
import { Closing } from './closing.ts';
import { Shutdown } from './shutdown.ts';
import { open } from '../result/waitable.ts';

/**
 * What a scope owns, and how that ends. It is separate from `AsyncScope`, which children must not hold once something has
 * failed: a dropped scope is collected, and reports what no code awaited, while its children run on.
 *
 *     open ──close()──▶ closing ──▶ closed     when no child and no nested scope is left
 *       └──cancel()──▶ cancelled               for good, in any of the three
 */
export class Lifetime extends Stopping<Lifetime> implements ChildHost, OwnedScope, Ready {
  // The failure that is about to cancel it. Set from the moment at which a child has failed.
  #failure: { readonly error: unknown; refusal?: Cancellation } | undefined;
  /** Its neighbours among the scopes that its maker has made. */
  before: OwnedScope | undefined;
  after: OwnedScope | undefined;
  /** Its neighbours among the scopes that are nested in the same one. */
  elder: Lifetime | undefined;
  younger: Lifetime | undefined;
  readonly #options: CheckedOptions;
  // The call that makes it.
  readonly #owner: Execution | undefined;
  closing: Closing | undefined;
  /** The one of its options, or the nearest one around the call that made it and left it open. */
  outer: Lifetime | undefined;
  // Callbacks of the calls that made it, which wait until nothing runs in it any more.
  #whenIdle: (() => void)[] | undefined;

  constructor(scope: object, options: CheckedOptions, parent?: Lifetime, owner?: Execution) {
    super(scope);
    this.#options = options;
    this.outer = parent;
    this.#owner = owner;
    const { signal, timeout } = options;
    if (parent !== undefined && !parent.closed) {
      this.nestIn(parent);
    }
    const cancellation =
      parent === undefined && owner?.refuses() === true ? owner.cancellation : parent?.refused;
    this.cancellation = cancellation ?? (signal?.aborted === true ? cancellationBy(signal) : undefined);
    const isOfRun = owner?.member?.opens === true;
    if (!isOfRun) {
      owner?.adopt(this); // The body of a run knows the scope of that run.
    }
    if (this.cancellation !== undefined) {
      return;
    }
    if (signal !== undefined || timeout !== undefined) {
      this.watchTriggers(options);
    }
    if (isOfRun) {
      return; // A run does not drop its scope.
    }
    if (timeout !== undefined) {
      this.keepFailures(); // Its timer keeps the program alive, and an idle one is not collected twice.
    } else if ((owner ?? signal) !== undefined) {
      this.mayBeDropped(); // The maker or the triggers hold this.
    }
  }

  protected nestIn(parent: Lifetime): void {
    this.outer = parent;
    (parent.nested ??= new NestedScopes()).add(this);
    if (this.failures === undefined) {
      this.mayBeDropped();
    } else {
      this.nestFailures(this.failures);
    }
  }

  get name(): string {
    return this.#options.name;
  }

  /** The code of the call that made it has ended, and has left it open. So it closes, as `await using` would have closed it. */
  outlive(call: CurrentCall & { readonly member?: ScopeMember | undefined }, whenIdle?: () => void): void {
    if (!this.outlasts(call)) {
      call.member?.keepsNoLonger?.(this);
      whenIdle?.();
      return;
    }
    this.moveOut(call);
    const closing = this.beginClose();
    if (this.outer === undefined) {
      call.member?.keeps?.(this, closing);
    }
    if (whenIdle !== undefined) {
      (this.#whenIdle ??= []).push(whenIdle);
      this.settle();
    }
  }

  moveOut(call: CurrentCall & { readonly member?: ScopeMember | undefined }): void {
    if (!this.outlasts(call)) {
      return;
    }
    const home = call.member?.home as Lifetime | undefined; // Only lifetimes have members.
    if (home === undefined || this.outer !== undefined) {
      return;
    }
    if (home.closed) {
      call.member?.keeps?.(this);
    } else {
      this.nestIn(home);
      if (home.cancelled !== undefined) {
        this.stop(home.cancelled);
      }
    }
  }

  /** False if its run closes it, or if there is nothing to wait for. */
  protected outlasts(call: CurrentCall): boolean {
    return call !== this.body && !(this.closed && this.closing?.delivered === true);
  }

  // Starting

  /**
   * Makes a child, which runs nothing before {@link admit}. `entry` is the function on the stack whose caller is named if the
   * result is never awaited.
   */
  child<T>(call: TamedCall<T>, entry: unknown, options?: StartOptions): Child<T> {
    const children = (this.children ??= new Children(this.#options.concurrency));
    const child = new Child<T>(this, children.nextId(), options?.name ?? call.name, options?.service);
    child.execution = call[open](child, undefined, child);
    children.add(child);
    if (child.service) {
      this.serve(child, children);
    } else {
      this.tellBusy();
    }
    if (this.#options.exitMode === 'raise' && !child.service) {
      const forgotten = (this.keepFailures().forgotten ??= new Map());
      forgotten.set(child.id, { child: child.label, origin: callerOf(entry) });
    }
    startStacks?.started(child, entry);
    return child;
  }

  /** Why it is cancelled, or is about to be. */
  get cancelled(): Cancellation | undefined {
    const failure = this.#failure;
    if (this.cancellation === undefined && failure !== undefined) {
      return (failure.refusal ??= new Cancellation(failure.error, titleOf(this.#options.name)));
    }
    return this.cancellation;
  }

  /** The cancel that `error` is of, where a child has noticed it before it was told: by the signal, or by a refused start. */
  noticedBy(error: unknown): Cancellation | undefined {
    const failure = this.#failure;
    const isRefusal = failure?.refusal !== undefined && failure.refusal.error === error;
    return isRefusal ? new Cancellation(failure.error) : this.triggers?.abortedWith(error);
  }

  /** Why nothing can be started in it, other than that it has closed. */
  get refused(): Cancellation | undefined {
    return this.cancelled ?? this.shuttingDown?.refusal;
  }

  /** Begins a child, or queues it. */
  admit(child: Child): void {
    const begun = this.places === undefined ? child.begin() : this.places.admit(child);
    if (!begun) {
      this.broadcast?.happened(child, 'queue');
      this.places?.queued(child);
    }
  }

  // What children report

  /** From here to the cancel that the failure causes, nothing is begun, and the scope does not close. */
  childFails(error: unknown): void {
    if (this.#options.errorMode === 'cancel') {
      this.#failure ??= { error };
      this.places?.pause();
      this.hold();
    }
  }

  childFailed(child: Child, error: unknown): void {
    if (!isDelivered(child.result)) {
      child.failure = this.keepFailures().add(error, child);
    }
    if (this.#options.errorMode === 'cancel') {
      // After the waiters have reacted to the failure, and before any queued child has its turn.
      enqueueLast({
        proceed: () => {
          this.stop(new Cancellation(error), child.bodyKnows);
          this.places?.resume();
          this.release();
        },
      });
    }
    this.reportIfDropped();
  }

  cleanupFailed(error: unknown, child?: Child): void {
    if (this.closed) {
      this.supervisor.undelivered(error);
    } else {
      this.keepFailures().add(error, child);
      this.reportIfDropped();
    }
  }

  cleansUp(child: CleaningUp | undefined): void {
    const ms = this.#options.cleanupTimeout;
    if (ms !== undefined && child !== undefined) {
      const children = (this.children ??= new Children(this.#options.concurrency));
      children.cleanupTimeout ??= new CleanupTimeout(ms, (error) => this.cleanupFailed(error));
      children.cleanupTimeout.add(child);
    }
  }

  left(child: Child): void {
    this.children?.delete(child);
    this.places?.left(child);
    this.settle();
  }

  get asked(): boolean {
    return this.closing?.needed === true || this.#whenIdle !== undefined;
  }

  get maker(): ScopeMember | undefined {
    return (this.#owner ?? this.body)?.member;
  }

  isMadeUnder(call: Execution): boolean {
    return (this.bodyOfRun?.run ?? this.#owner)?.isUnder(call) === true; // The body may have ended before its run.
  }

  // Cancelling

  /** The call that made it is cancelled. */
  cancel(cancellation: Cancellation, whenIdle: () => void): void {
    finishTelling();
    this.servesMaker = true;
    if (!this.closed) {
      this.stopChildren((this.cancellation ??= cancellation)); // A closed one may still have to tell its error.
    }
    (this.#whenIdle ??= []).push(whenIdle);
    this.settle();
  }

  /** Hands over the failures with which it would close, to the cancelled call that made it. */
  takeFailures(call?: CurrentCall): unknown[] {
    if (call !== undefined && call === this.body) {
      return []; // Its run reports them.
    }
    const errors = this.closed ? [] : (this.failures?.take() ?? []);
    return [...errors, ...(this.closing?.handOver() ?? [])];
  }

  // Closing

  /** Closes, whatever the exit mode, lets what runs finish, and begins nothing else. What still runs after `ms` is cancelled. */
  shutdown(ms: number | undefined): DelayedResult<void> {
    if (!this.closed && this.cancellation === undefined) {
      this.shuttingDown ??= new Shutdown(this);
      this.shuttingDown.begin(ms, this.#options.name);
    }
    return this.beginClose('wait').result;
  }

  close(): DelayedResult<void> {
    return this.beginClose().result;
  }

  /** It closed with `result` before it was used. */
  closedAs(result: DelayedResult<void> | undefined): void {
    this.closing = result && new Closing(this, result);
  }

  beginClose(how = this.#options.exitMode): Closing {
    if (this.closing !== undefined) {
      return this.closing;
    }
    this.closing = new Closing(this);
    if (this.failures?.forgotten !== undefined && this.cancellation === undefined) {
      this.failures.unawaited = awaitError(this.failures.forgotten);
    }
    if (how !== 'wait') {
      this.stop(new Cancellation());
    }
    this.settleAlone();
    return this.closing;
  }

  /** Checks whether there is nothing left to wait for. */
  settle(): void {
    let outer = this.settleAlone();
    // A loop, and no recursion: the depth of nested scopes must not need the stack. What holds a scope lets it settle later, unless
    // that is the code that waits until the scope is idle.
    while (outer !== undefined && (!outer.held || outer.#whenIdle !== undefined)) {
      outer = outer.settleAlone();
    }
  }

  /** Returns the scope that it is nested in, if that may be waiting for it. Most are not, and may be very many. */
  settleAlone(): Lifetime | undefined {
    if (this.works) {
      return undefined;
    }
    if (this.isDropped && !hasLeft(this.children, true)) {
      this.leaveUnclosed();
    }
    // Only then, since the children may have used them, and a cancel that is on its way is to find them open.
    if (this.closing !== undefined && !this.held) {
      this.nested?.close();
    }
    if (this.#whenIdle !== undefined && !this.active) {
      const waiters = this.#whenIdle;
      this.#whenIdle = undefined;
      waiters.forEach((whenIdle) => whenIdle());
    }
    if (this.supervisor !== unsupervised && !this.active) {
      this.supervisor.idle();
    }
    if (this.closing !== undefined && !this.closed && !this.busy) {
      enqueue(this); // Not at once: a failure may be on its way to a waiter.
    }
    this.children?.services?.settle();
    return supervising || this.ends ? this.outer : undefined;
  }

  get waits(): boolean {
    return this.#options.exitMode === 'wait';
  }

  get closes(): boolean {
    return this.closing !== undefined || (this.outer !== undefined && !this.outer.isDropped);
  }

  proceed(): void {
    if (this.closed || this.closing === undefined || this.busy) {
      return;
    }
    this.triggers?.remove();
    this.shuttingDown?.over();
    this.closing.end(this.failures?.raise());
  }

  ended(): void {
    this.broadcast?.close();
  }

  leave(): void {
    this.cannotBeDropped();
    this.#owner?.disown(this);
    this.outer?.nested?.delete(this);
    if (this.failures !== undefined) {
      this.outer?.failures?.nested?.delete(this.failures);
    }
    this.outer?.settleAlone();
  }

  get handsOver(): boolean {
    return this.#owner?.cancellation !== undefined && !this.#owner.isEnded();
  }

  reportUndelivered(error: Error): (() => void) | undefined {
    const parent = this.outer;
    if (parent === undefined) {
      this.supervisor.undelivered(error);
      return undefined;
    }
    // No caller sees the close of a scope that a call left open.
    const errors = this.#owner === undefined ? [error] : parts(error);
    const failures = errors.map((each) => parent.nestedFailed(each));
    return () => failures.forEach((each) => parent.failures?.delete(each));
  }

  protected nestedFailed(error: unknown): Failure {
    const failure = this.keepFailures().add(error);
    if (this.#options.errorMode === 'cancel') {
      this.stop(new Cancellation(error));
    }
    return failure;
  }

  /** The scope has been collected, so no code will close it. Its failures must not vanish with it. */
  dropped(): void {
    this.isDropped = true;
    this.reportIfDropped();
    for (const nested of this.nested ?? []) {
      nested.reportIfDropped();
    }
    this.settleAlone();
  }

  /** Nothing can be started in it any more, and there are no failures: its parent or its maker need not keep it. */
  protected leaveUnclosed(): void {
    this.triggers?.remove();
    if (this.closing === undefined && !this.nests && this.failures?.raises !== true) {
      this.leave();
    }
  }
}
