import type { Cancellation } from '../execution/cancellation.ts';
import { cascade } from '../execution/cascade.ts';
import { isCarried } from '../execution/current-call.ts';
import { nameOf } from '../execution/errors.ts';
import { tearDown, type Execution } from '../execution/execution.ts';
import type { Failure } from './failures.ts';
import type { Need } from '../execution/need.ts';
import { begins, type Ready } from '../execution/queue.ts';
import { outward, type Enclosed, type ScopeMember } from '../execution/scope-member.ts';
import { reportUnhandled } from '../execution/unhandled.ts';
import type { Sink } from '../execution/sink.ts';
import { inRejection } from '../call/promise.ts';
import { startStacks } from './start-stacks.ts';
import {
  cancelResult,
  DelayedResult,
  emitTo,
  isAnnounced,
  isNeeded,
  refuseCircles,
  settle,
  tellEnd,
} from '../result/result.ts';
import type { Producer, Waiting } from '../result/producer.ts';

/**
 * A child as {@link AsyncScope.children} shows it.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep, type ChildInfo } from 'async-tamer';
 *
 * const scope = new AsyncScope({ concurrency: 1 });
 * scope.start(sleep(1));
 * scope.start(sleep(1));
 * const line = ({ id, name, state }: ChildInfo) => `${name} #${id} ${state}`;
 * console.log(scope.children.map(line).join(', '));
 * // => sleep #1 running, sleep #2 queued
 * ```
 */
export interface ChildInfo {
  /** Its number within its scope, from 1. */
  readonly id: number;
  /** The name of its tamed function, or ''. */
  readonly name: string;
  /** It waits for its turn, runs, or has ended and still cleans up. */
  readonly state: 'queued' | 'running' | 'cleaning up';
}

/** What happened to a child: the part of an event that depends on its type. */
export type Happening =
  | { readonly type: 'queue' | 'start' | 'complete' | 'cleanup' | 'abandon' }
  | { readonly type: 'next'; readonly value: unknown }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'cancel'; readonly reason: unknown };

interface KnownFailures {
  delete(failure: Failure): void;
  /** The children whose results no code has asked for. */
  readonly forgotten: { delete(id: number): void } | undefined;
}

interface Broadcast {
  happened(child: Child, type: Happening['type'], what?: unknown): void;
  nests(scope: object, id: number): void;
}

/** The signal of one child alone. */
interface OwnSignal {
  /** Its cancel, once the signal has aborted. The child may come to its turn, or fail with the abort, before it is told. */
  readonly cancellation: Cancellation | undefined;
  /** Removes the listener of the child. */
  remove(): void;
}

/** The lifetime that a child belongs to, as the child sees it. */
export interface ChildHost extends Enclosed {
  /** What cancels the scope from outside. */
  noticedBy(error: unknown): Cancellation | undefined;
  stop(cancellation: Cancellation): void;
  /** Why it is cancelled, if it is. Services go on for a while. */
  readonly cancellation: Cancellation | undefined;
  /** The child has failed, and its waiters are about to be told. */
  childFails(error: unknown): void;
  /** The child has failed, and its waiters have been told. */
  childFailed(child: Child, error: unknown): void;
  readonly failures: KnownFailures | undefined;
  cleanupFailed(error: unknown, child?: Child): void;
  /** The child cleans up, and may take too long. */
  cleansUp(child: Child): void;
  left(child: Child): void;
  /** Undefined where there is no limit. */
  readonly places: { waiting(waiter: Child, awaited: Child): Waiting } | undefined;
  readonly body: Execution | undefined;
  /** Undefined while the streams of the scope have no observer. */
  readonly broadcast: Broadcast | undefined;
}

/**
 * One child's life:
 *
 *     queued ──▶ running ──▶ cleaning up ──▶ ended
 *        └──────────┴───────────────────────▶ ended
 *
 * It is `cleaning up` when its result is settled and cleanup goes on: after a cancel, or after an end that left some cleanup.
 * Invariant: its result is settled exactly when it leaves `running` or `queued`.
 */
export class Child<T = unknown> implements Sink<T>, ScopeMember, Producer, Ready {
  readonly id: number;
  readonly name: string;
  readonly result: DelayedResult<T>;
  /** It is `given up` when its cleanup has taken too long: it has ended for its scope, and its code goes on. */
  state: ChildInfo['state'] | 'ended' | 'given up' = 'queued';
  /** Its neighbours among the children of its scope. */
  before: Child | undefined;
  after: Child | undefined;
  /** Its failure, until that has reached a caller. */
  failure: Failure | undefined;
  /** Whether the body of the run knows of the failure, so that the failure does not cancel it. */
  bodyKnows = false;
  /** Whether it serves the others, and therefore ends after them. */
  readonly service: boolean;
  /** Its own signal, if it has one. */
  signal: OwnSignal | undefined;
  readonly #host: ChildHost;
  #execution: Execution<T> | undefined;
  // How many cleanups go on under it, and whether any has outlasted the cancel that began it.
  #holds = 0;
  #lasting = false;

  constructor(host: ChildHost, id: number, name: string, service = false) {
    this.#host = host;
    this.id = id;
    this.name = name;
    this.service = service;
    this.result = new DelayedResult<T>(this);
  }

  get execution(): Execution<T> | undefined {
    return this.#execution;
  }

  /** What it will run. Set after the constructor, since an execution needs to know its child. */
  set execution(execution: Execution<T> | undefined) {
    this.#execution = execution;
  }

  get ended(): boolean {
    return this.state === 'ended' || this.parked;
  }

  get parked(): boolean {
    return this.state === 'given up';
  }

  get info(): ChildInfo {
    return { id: this.id, name: this.name, state: this.state as ChildInfo['state'] }; // Not listed once it has ended.
  }

  /** Runs its code up to where that first waits. Returns whether it has: it may have to wait, deep inside of others. */
  begin(): boolean {
    const begun = begins.enter(this);
    if (!begun) {
      this.#execution?.keepContext();
    }
    return begun;
  }

  proceed(): void {
    if (this.result.status !== 'pending') {
      return; // Cancelled while it had to wait.
    }
    const cancellation = this.signal?.cancellation;
    if (cancellation !== undefined) {
      cascade(() => this.stop(cancellation));
      return;
    }
    this.state = 'running';
    this.#host.broadcast?.happened(this, 'start');
    if (this.#isRunning()) {
      this.#execution?.begin();
    }
  }

  // Its result is cancelled before its execution is torn down. After that it emits nothing.
  #isRunning(): boolean {
    return this.state === 'running' && this.result.status === 'pending';
  }

  next(value: T): void {
    if (this.#isRunning()) {
      this.#host.broadcast?.happened(this, 'next', value);
    }
    if (this.#isRunning()) {
      emitTo(this.result, value);
    }
  }

  complete(): void {
    if (this.#isRunning()) {
      this.#end();
    }
  }

  error(error: unknown): void {
    if (inRejection() && isAnnounced(this.result) && this.#isRunning()) {
      this.#errorLater(error);
    } else {
      this.#error(error);
    }
  }

  /** Code has begun to await the result before this failure came, and asks for it in the next microtask: it is told, too. */
  #errorLater(error: unknown): void {
    this.#holds++;
    const tell = (): void => {
      if (this.#isRunning()) {
        this.#error(error);
      } else if (this.#host.cancellation?.comesBackAs(error) !== true) {
        this.failed(error); // Cancelled in between.
      }
      this.release();
    };
    void Promise.resolve().then(tell); // The engine asks in that microtask, too.
  }

  #error(error: unknown): void {
    const noticed = this.#host.noticedBy(error);
    if (noticed !== undefined) {
      this.#host.stop(noticed); // The scope is about to be cancelled, and the child has noticed first.
    }
    // It waited for one of the others, which are cancelled before it, or has noticed the abort of its own signal first.
    const cancellation = (this.service ? this.#host.cancellation : undefined) ?? this.signal?.cancellation;
    if (cancellation?.comesBackAs(error) === true) {
      cascade(() => this.stop(cancellation));
    } else if (this.#isRunning()) {
      startStacks?.failed(this, error);
      this.#end({ error });
    }
  }

  /** Ends it. The result is settled first, so that an observer of the event that cancels the scope does not end it twice. */
  #end(failure?: { readonly error: unknown }): void {
    this.#beginCleaningUp(); // It must not leave before all have been told, whatever they do about it.
    settle(this.result, failure);
    if (failure !== undefined) {
      this.#host.childFails(failure.error); // Before the waiters are told: they may start another child.
    }
    this.#host.broadcast?.happened(this, failure === undefined ? 'complete' : 'error', failure?.error);
    tellEnd(this.result);
    if (failure !== undefined) {
      this.#host.childFailed(this, failure.error);
    }
    this.#leaveOrCleanUp();
  }

  /** Holds it until {@link #leaveOrCleanUp}. */
  #beginCleaningUp(): void {
    this.#lasting &&= this.#holds > 0; // A cleanup in the midst of its life that is over does not count.
    this.#holds++;
    this.state = 'cleaning up';
  }

  #leaveOrCleanUp(): void {
    this.#lasting &&= this.#holds > 1; // Nor does a cleanup that took no time.
    this.release();
  }

  /**
   * The first half of a cancel. Its result is cancelled, and none of its code goes on, before anything is torn down. Adds its
   * executions to `halted`, for the second half. Returns false if it had ended before.
   */
  halt(cancellation: Cancellation, halted: Execution[]): boolean {
    if (this.result.status !== 'pending') {
      return false;
    }
    const execution = this.state === 'running' ? this.#execution : undefined;
    cancelResult(this.result, cancellation);
    execution?.halt(cancellation, undefined, halted);
    return true;
  }

  /** The second half of a cancel, for the executions in `halted` between `from` and `to`. The scope waits for their cleanup. */
  tearDown(halted: readonly Execution[], from: number, to: number, cancellation: Cancellation): void {
    const execution = from < to ? halted[from] : undefined;
    this.#stop(cancellation);
    tearDown(halted, cancellation, from, to);
    if (execution?.isEnded() === false) {
      execution.holdMember();
    }
    this.#leaveOrCleanUp();
  }

  /**
   * Both halves, if it has not ended before. The execution that is tearing down here waits for the cleanup, and so does the
   * scope.
   */
  stop(cancellation: Cancellation): void {
    if (this.result.status === 'pending') {
      const execution = this.state === 'running' ? this.#execution : undefined;
      cancelResult(this.result, cancellation);
      this.#stop(cancellation);
      execution?.teardown();
      this.#leaveOrCleanUp();
    }
  }

  #stop(cancellation: Cancellation): void {
    this.#beginCleaningUp(); // It must not leave before the teardown is over, whatever an observer of the event does.
    this.#host.broadcast?.happened(this, 'cancel', cancellation.cause);
  }

  hold(lasting: boolean): void {
    this.#holds++;
    if (lasting) {
      this.#lasting = true;
      if (this.state === 'cleaning up') {
        this.#host.cleansUp(this);
      }
    }
  }

  release(): void {
    this.#holds--;
    this.#leaveWhenClean();
  }

  #leaveWhenClean(): void {
    if (this.state !== 'cleaning up') {
      return;
    }
    if (this.#holds > 0) {
      if (this.#lasting) {
        this.#host.cleansUp(this);
      }
      return;
    }
    if (this.#lasting) {
      this.#lasting = false;
      this.hold(false); // An observer of the event may cancel the scope, which comes by here.
      this.#host.broadcast?.happened(this, 'cleanup');
      this.release();
      return;
    }
    this.leave();
  }

  get label(): string {
    return nameOf(this);
  }

  /** Its cleanup takes too long. */
  giveUp(): void {
    this.#leaveAs('given up');
  }

  /** Leaves the scope, which no longer waits for what still cleans up. */
  leave(): void {
    this.#leaveAs('ended');
  }

  #leaveAs(state: 'ended' | 'given up'): void {
    if (this.ended) {
      return;
    }
    this.state = state;
    this.#execution = undefined;
    this.signal?.remove();
    this.#host.left(this);
  }

  failed(error: unknown): void {
    if (this.ended) {
      reportUnhandled(error);
    } else {
      this.#host.cleanupFailed(error, this);
    }
  }

  awaited(): void {
    this.#host.failures?.forgotten?.delete(this.id);
  }

  abandoned(): void {
    this.#host.broadcast?.happened(this, 'abandon');
  }

  get asked(): boolean {
    return isNeeded(this.result);
  }

  refuseCircles(): void {
    refuseCircles(this.result);
  }

  get outer(): ChildHost | undefined {
    return this.ended ? undefined : this.#host;
  }

  get need(): Need | undefined {
    return this.#execution;
  }

  get title(): string {
    return this.label;
  }

  get home(): unknown {
    return this.outer;
  }

  nests(scope: object): void {
    if (!this.ended) {
      this.#host.broadcast?.nests(scope, this.id);
    }
  }

  /** Under a limit, a waiting child may have to give up its place, however deeply the waiting code is nested in the child. */
  awaitedBy(owner: Execution | undefined): Waiting | undefined {
    const { places } = this.#host;
    const waiter = places && childOf(this.#host, owner?.member);
    return waiter === undefined || waiter === this ? undefined : places?.waiting(waiter, this);
  }

  reached(owner: Execution | undefined): void {
    const { body } = this.#host;
    // Where nothing carries the current call, the awaiting code is not known. Then it is taken for the body, if that is
    // asynchronous.
    const isBody =
      owner === undefined ? body?.drivesSteps === false && !isCarried() : body && owner.isUnder(body);
    this.bodyKnows ||= isBody === true;
    if (this.failure !== undefined) {
      this.#host.failures?.delete(this.failure);
      this.failure = undefined;
    }
  }
}

/** The child of `scope` that `member` is, or is enclosed by; undefined if there is none, or if that has ended. */
export function childOf(scope: unknown, member: Enclosed | undefined): Child | undefined {
  const found = outward(member, (each) => each instanceof Child && each.outer === scope);
  return found as Child | undefined; // It is looked for above.
}
