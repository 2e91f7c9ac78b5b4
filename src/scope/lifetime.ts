import type { TamedCall } from '../call/call.ts';
import { Belongings, isRunning } from './belongings.ts';
import { ScopeEvents } from './events.ts';
import { Child, type ChildHost } from './child.ts';
import { Failures, parts } from './failures.ts';
import { titleOf, type CheckedOptions } from './options.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { atOnce, type CurrentCall } from '../execution/current-call.ts';
import { CleanupTimeout, type CleaningUp } from './cleanup-timeout.ts';
import { Cancellation } from '../execution/cancellation.ts';
import type { Execution } from '../execution/execution.ts';
import type { StartOptions } from './start-options.ts';
import { LazySignal } from '../execution/lazy-signal.ts';
import { reportIfDropped } from './dropped-scope.ts';
import type { ScopeMember, OwnedScope } from '../execution/scope-member.ts';
import { startStacks } from './start-stacks.ts';
import { enqueue, enqueueLast, type Ready } from '../execution/queue.ts';
import { cascade } from '../execution/cascade.ts';
import { finishTelling, isDelivered, type DelayedResult } from '../result/result.ts';
import { cancellationBy, Triggers } from './triggers.ts';
import { nobody } from './supervisor.ts';
import { awaitError, callerOf } from './await-error.ts';
import { Closing } from './closing.ts';
import { Shutdown } from './shutdown.ts';
import { open } from '../result/waitable.ts';

/** `owner`: the call that makes it. */
export type LifetimeOptions = CheckedOptions<Lifetime> & { readonly owner: Execution | undefined };

/**
 * What a scope owns, and how that ends. Apart from `AsyncScope`, which children must not hold: a scope that everybody has
 * dropped is collected, and reports what nobody awaited, while its children run on.
 *
 *     open ──close()──▶ closing ──▶ closed     when no child and no nested scope is left
 *       └──cancel()──▶ cancelled               for good, in any of the three
 */
export class Lifetime extends Belongings<Lifetime> implements ChildHost, OwnedScope, Ready {
  closed = false;
  // The failure that is about to cancel it, from the moment at which a child failed.
  #failure: { readonly error: unknown } | undefined;
  bodyMember: CleaningUp | undefined;
  /** Who looks after it. */
  supervisor = nobody;
  readonly broadcast = new ScopeEvents();
  readonly places: ConcurrencyLimit;
  readonly waits: boolean;
  readonly failures: Failures;
  /** Who was never awaited, and where each was started. Kept only where `exitMode: 'raise'` asks. */
  readonly unawaited = new Map<Child, string | undefined>();
  readonly #options: LifetimeOptions;
  #started = 0;
  #closing: Closing | undefined;
  #shutdown: Shutdown | undefined;
  // The scope it is nested in: that of its options, or the nearest one around the call that made it and left it open.
  #parent: Lifetime | undefined;
  #outlives = false;
  // None, if it starts cancelled.
  readonly triggers: Triggers | undefined;
  cleanupTimeout: CleanupTimeout | undefined;
  // Cancelled calls that made it: told when nothing runs any more.
  readonly #quiet: (() => void)[] = [];
  /** Nobody holds the scope any longer, so nobody will close it. */
  isDropped = false;
  readonly signal = new LazySignal();

  constructor(options: LifetimeOptions) {
    super();
    this.#options = options;
    this.#parent = options.parent;
    this.waits = options.exitMode === 'wait';
    this.failures = new Failures(options.name);
    this.places = new ConcurrencyLimit(options.concurrency);
    const { parent, owner, signal } = options;
    if (parent !== undefined && !parent.closed) {
      this.#nestIn(parent);
    }
    const cancellation =
      parent === undefined && owner?.refuses() === true ? owner.cancellation : parent?.refused;
    this.cancellation = cancellation ?? (signal?.aborted === true ? cancellationBy(signal) : undefined);
    if (this.cancellation !== undefined) {
      return;
    }
    owner?.adopt(this);
    this.triggers = new Triggers(
      options,
      (error) => {
        this.failures.timedOut(error, isRunning(this), this.body?.phase === 'running');
        this.stop(new Cancellation(error));
      },
      (cancel) => this.stop(cancel),
    );
  }

  #nestIn(parent: Lifetime): void {
    this.#parent = parent;
    parent.nested.add(this);
    parent.failures.nested.add(this.failures);
  }

  /** The code of the call that made it has ended, and left it open: it closes, as `await using` would have closed it. */
  outlive(call: CurrentCall & { readonly member?: ScopeMember | undefined }): void {
    const isIdle = this.cancellation !== undefined && !this.busy && this.failures.size === 0;
    if (call === this.body || (this.#closing === undefined ? isIdle : this.closed && this.#closing.heard)) {
      return; // Its run closes it; or there is nothing to wait for.
    }
    const home = call.member?.home as Lifetime | undefined; // Only lifetimes have members.
    this.#outlives = true;
    if (home !== undefined && !home.closed) {
      this.#nestIn(home);
      if (home.cancelled !== undefined) {
        this.stop(home.cancelled);
      }
    }
    this.close();
  }

  // Starting

  /**
   * Makes a child, of which nothing runs before {@link admit}. `entry` is the function on the stack whose caller is to be
   * named, if nobody awaits the result.
   */
  child<T>(call: TamedCall<T>, entry: unknown, { name, service }: StartOptions = {}): Child<T> {
    const child = new Child<T>(this, ++this.#started, name ?? call.name, service);
    child.execution = call[open](child, undefined, child);
    this.children.add(child);
    if (child.service) {
      this.serve(child);
    } else {
      this.stir();
    }
    if (this.#options.exitMode === 'raise' && !child.service) {
      this.unawaited.set(child, callerOf(entry));
    }
    startStacks?.started(child, entry);
    return child;
  }

  /** Why it is cancelled, or about to be. */
  get cancelled(): Cancellation | undefined {
    return (
      this.cancellation ??
      (this.#failure && new Cancellation(this.#failure.error, titleOf(this.#options.name)))
    );
  }

  /** Why nothing can be started in it, though it has not just closed. */
  get refused(): Cancellation | undefined {
    return this.cancelled ?? this.#shutdown?.refusal;
  }

  stir(): void {
    this.supervisor.busy();
    this.#parent?.stir();
  }

  /** Begins a child, or queues it. */
  admit(child: Child): void {
    if (!this.places.admit(child)) {
      this.broadcast.happened(child, { type: 'queue' });
    }
  }

  // What children report

  /** From here to the cancel that it causes, nothing is begun, and the scope does not close. */
  childFails(error: unknown): void {
    if (this.#options.errorMode === 'cancel') {
      this.#failure ??= { error };
      this.places.pause();
      this.hold();
    }
  }

  childFailed(child: Child, error: unknown): void {
    if (!isDelivered(child.result)) {
      child.failure = this.failures.add(error, child);
    }
    if (this.#options.errorMode === 'cancel') {
      // After those who were told have done what they do about it, and before any queued child has its turn.
      enqueueLast({
        proceed: () => {
          this.stop(new Cancellation(error), child.bodyKnows);
          this.places.resume();
          this.release();
        },
      });
    }
    reportIfDropped(this);
  }

  cleanupFailed(error: unknown, child?: Child): void {
    if (this.closed) {
      this.supervisor.unheard(error);
    } else {
      this.failures.add(error, child);
      reportIfDropped(this);
    }
  }

  cleansUp(child: CleaningUp | undefined): void {
    const ms = this.#options.cleanupTimeout;
    if (ms !== undefined && child !== undefined) {
      this.cleanupTimeout ??= new CleanupTimeout(ms, (error) => this.cleanupFailed(error));
      this.cleanupTimeout.add(child);
    }
  }

  left(child: Child): void {
    this.children.delete(child);
    this.services?.delete(child);
    this.cleanupTimeout?.delete(child);
    this.places.left(child);
    this.settle();
  }

  protected get closeNeeded(): boolean {
    return this.#closing?.needed === true;
  }

  protected get outer(): [Lifetime | undefined, ScopeMember | undefined] {
    return [this.#parent, (this.#options.owner ?? this.body)?.member];
  }

  // Cancelling

  /** Cancels everything, for good; but not a body that `knows` of the failure for which it is done: it may go on. */
  stop(cancellation: Cancellation, knows = false): void {
    finishTelling();
    if (this.closed || (this.cancellation !== undefined && this.body?.phase !== 'running')) {
      return;
    }
    cancellation.of(titleOf(this.#options.name));
    this.cancellation ??= cancellation;
    this.#shutdown?.over();
    this.supervisor.cancelled();
    const { body } = this;
    atOnce(() =>
      cascade(() => {
        this.children.halt(cancellation);
        this.places.dropQueue();
        if (body?.phase === 'running' && !knows) {
          // It made this scope, so it cancels that in turn: what it waits for first, then the scope.
          this.triggers?.remove();
          this.cleansUp(this.bodyMember);
          body.cancel(cancellation);
        } else {
          this.#stopChildren(cancellation);
        }
      }),
    );
  }

  #stopChildren(cancellation: Cancellation): void {
    if (this.body?.phase !== 'running') {
      this.triggers?.remove(); // A body that goes on is still to be ended by them.
    }
    this.hold(); // It must not close before its signal has aborted.
    cascade(() => {
      this.children.halt(cancellation);
      this.places.dropQueue();
      this.children.tearDown(cancellation);
      this.signal.abort(cancellation);
      this.nested.forEach((nested) => nested.stop(cancellation));
    });
    this.release();
  }

  /** The call that made it is cancelled. */
  cancel(cancellation: Cancellation, quiet: () => void): void {
    finishTelling();
    this.servesMaker = true;
    this.#stopChildren((this.cancellation ??= cancellation));
    this.#quiet.push(quiet);
    this.settle();
  }

  /** Hands over what would be raised, to the call that made it and that was cancelled. */
  takeFailures(call?: CurrentCall): unknown[] {
    if (call !== undefined && call === this.body) {
      return []; // They are raised by its run.
    }
    const errors = this.closed ? [] : this.failures.take();
    return [...errors, ...(this.#closing?.handOver() ?? [])];
  }

  // Closing

  /** Closes, but lets what runs finish, whatever the exit mode; begins nothing else. After `ms` it is cancelled. */
  shutdown(ms: number | undefined): DelayedResult<void> {
    if (!this.closed && this.cancellation === undefined) {
      this.#shutdown ??= new Shutdown(this);
      this.#shutdown.begin(ms, this.#options.name);
    }
    return this.close('wait');
  }

  close(how = this.#options.exitMode): DelayedResult<void> {
    if (this.#closing !== undefined) {
      return this.#closing.result;
    }
    this.#closing = new Closing(this, this.#options.name);
    this.#parent?.nested.closes(this);
    const { exitMode } = this.#options;
    if (exitMode === 'raise' && this.cancellation === undefined) {
      this.failures.unawaited = awaitError([...this.unawaited]);
    }
    if (how !== 'wait') {
      this.stop(new Cancellation());
    }
    this.settle();
    return this.#closing.result;
  }

  /** Looks whether there is nothing left to wait for. */
  settle(): void {
    if (this.working > 0) {
      return;
    }
    if (this.isDropped && this.children.size === 0) {
      this.#leaveUnclosed();
    }
    if (this.#closing !== undefined) {
      this.nested.close(); // Only then, since our children may have used them.
    }
    if (this.#quiet.length > 0 && !this.active) {
      this.#quiet.splice(0).forEach((quiet) => quiet());
    }
    this.#parent?.settle();
    if (this.supervisor !== nobody && !this.active) {
      this.supervisor.idle();
    }
    if (this.#closing !== undefined && !this.closed && !this.busy) {
      enqueue(this); // Not at once: a failure may be on its way to somebody who waits for it.
    }
    this.services?.settle();
  }

  get closing(): boolean {
    return this.#closing !== undefined;
  }

  /** Whether it closes, or will be closed by its parent. */
  get closes(): boolean {
    return this.#closing !== undefined || (this.#parent !== undefined && !this.#parent.isDropped);
  }

  proceed(): void {
    if (this.closed || this.#closing === undefined || this.busy) {
      return;
    }
    this.closed = true;
    this.triggers?.remove();
    this.#shutdown?.over();
    this.#closing.end(this.failures.raise(), () => this.broadcast.close());
  }

  leave(): void {
    this.#options.owner?.disown(this);
    this.#parent?.nested.delete(this);
    this.#parent?.failures.nested.delete(this.failures);
    this.#parent?.settle();
  }

  reportUnheard(error: Error): void {
    const parent = this.#parent;
    if (parent === undefined) {
      this.supervisor.unheard(error);
    } else {
      // Before it leaves: the parent may be waiting for it alone. What a call left open has no close that anybody could see.
      (this.#outlives ? parts(error) : [error]).forEach((each) => parent.#nestedFailed(each));
    }
    this.leave();
  }

  #nestedFailed(error: unknown): void {
    this.failures.add(error);
    if (this.#options.errorMode === 'cancel') {
      this.stop(new Cancellation(error));
    }
  }

  /** The scope has been collected, so nobody will close it: its failures must not vanish with it. */
  dropped(): void {
    this.isDropped = true;
    reportIfDropped(this);
    this.nested.forEach((nested) => reportIfDropped(nested));
    this.settle();
  }

  /** Nobody can start anything any more, nor is there anything to raise: its parent or its maker need not keep it. */
  #leaveUnclosed(): void {
    this.triggers?.remove();
    const raises = this.failures.size > 0 || this.unawaited.size > 0;
    if (this.#closing === undefined && this.nested.size === 0 && !raises) {
      this.leave();
    }
  }
}
