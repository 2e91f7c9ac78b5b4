import { Cancellation } from './cancellation.ts';
import type { CurrentCall } from './current-call.ts';
import { Linked } from './linked.ts';
import { Owned, type PendingAwait } from './owned.ts';
import { PendingCleanups } from './pending-cleanups.ts';
import { afterAll, Resources, type Release } from './resources.ts';
import type { OwnedScope, RunOfBody, ScopeMember } from './scope-member.ts';
import { reportTo } from './unhandled.ts';

/** An execution that the code has begun to await, and awaits no longer. Only executions are among those. */
interface Left extends CurrentCall {
  teardown(): void;
  whenCleanedUp(listener: () => void): void;
}

/** What the code of an execution owns, and how that ends with the execution. */
export abstract class Owning extends PendingCleanups {
  /** Why it was cancelled. Set once, when it leaves `running`. */
  cancellation: Cancellation | undefined;
  /** Its code knows that it was cancelled: an await was rejected, its signal aborted, or `return()` was called. */
  told = false;
  /** The run, if it is the body of one. */
  protected run: RunOfBody | undefined;
  // Made when its code first awaits, makes a scope, or asks for its signal; most executions do none of these.
  protected owned: Owned | undefined;

  /** Tells the code of a cancelled execution, by rejecting what it awaits. */
  protected rejectAwaits(cancellation: Cancellation): void {
    if (this.owned?.tells === true) {
      this.markTold();
    }
    this.owned?.reject(cancellation);
  }

  protected takeFailures(scope: OwnedScope): void {
    if (this.cancellation !== undefined) {
      scope.takeFailures(this).forEach((error) => this.cleanupFailed(error));
    }
  }

  /** Ends whatever its code began to await and awaits no longer, such as the loser of a race. */
  protected dropLeftovers(): void {
    if (this.owned?.awaitsSomething === true) {
      const left = this.owned.running() as Left[];
      left.reverse().forEach((execution) => execution.teardown());
      this.owned.drop();
      this.owned.reject(new Cancellation());
    }
  }

  /** Reports the error of a cleanup to exactly one scope, the nearest one that waits; where no scope waits, to RxJS. */
  cleanupFailed(error: unknown): void {
    reportTo(this.member, error);
  }

  /** Its code has acquired a resource. */
  keep(release: Release): void {
    this.owned ??= new Owned();
    (this.owned.resources ??= new Resources()).add(release);
  }

  /** Whether its code has acquired a resource. */
  protected get keeps(): boolean {
    return this.owned?.resources !== undefined;
  }

  /**
   * Its code has ended. If it has acquired resources, they are released when everything that could use them has ended, too;
   * then `goOn` is called. Returns whether there are any.
   */
  protected releases(goOn: () => void): boolean {
    const owned = this.owned;
    const resources = owned?.resources;
    if (owned === undefined || resources === undefined) {
      return false;
    }
    owned.resources = undefined;
    this.hold();
    const left = (owned.running() as Left[]).map((execution) => (over: () => void) => {
      execution.teardown();
      execution.whenCleanedUp(over);
    });
    owned.users = owned.scopes?.all();
    const open = (owned.users ?? []).map((scope) => (over: () => void) => {
      this.takeFailures(scope);
      scope.outlive(this, over);
    });
    afterAll([...left, ...open], () => {
      owned.users = undefined;
      resources.release(() => {
        goOn();
        this.release();
      });
    });
    if (owned.users !== undefined) {
      this.member?.refuseCircles?.(); // These scopes may wait for what this is part of.
    }
    return true;
  }

  /** Releases its resources after its end. The code that ended it does not wait for that, but its child does. */
  protected releaseLate(): void {
    const resources = this.owned?.resources;
    if (resources !== undefined) {
      releaseFor(this.member, resources);
    }
  }

  /**
   * An error has reached its code before any cancel. If its code ends with that error, it has failed, whatever kind of error it
   * is. The same is true of the failure that caused the cancel, if the code has it from the result (`ofResult`): no other code may
   * have heard of it.
   */
  hasReceived(error: unknown, ofResult = false): void {
    const counts = this.cancellation === undefined || (ofResult && error === this.cancellation.cause);
    if (counts && typeof error === 'object' && error !== null) {
      this.owned ??= new Owned();
      (this.owned.delivered ??= new WeakSet()).add(error);
    }
  }

  /** Its abort signal, made at the first use. */
  get signal(): AbortSignal {
    if (this.cancellation !== undefined) {
      this.markTold();
    }
    return (this.owned ??= new Owned()).signal.get(this.cancellation);
  }

  /**
   * Called when a rejected await or an aborted signal has told its code of the cancel. A generator is told by `return()` alone,
   * and ignores this.
   */
  markTold(): void {}

  /** Makes it the body of `run`: if it returns although it was cancelled, it has succeeded. */
  isBodyOf(run: RunOfBody): void {
    this.run = run;
  }

  /** Whether it is waited for even after a cancel, since its value is still wanted. */
  protected get wanted(): boolean {
    return this.run?.patient === true;
  }

  /** Whether it is the body of a run, or runs what that body has returned. */
  protected get isBody(): boolean {
    return this.run !== undefined;
  }

  /** Makes it the owner of `scope`: its cancel cancels the scope, and its end closes the scope. */
  adopt(scope: OwnedScope): void {
    this.owned ??= new Owned();
    (this.owned.scopes ??= new Linked()).add(scope);
  }

  disown(scope: OwnedScope): void {
    this.owned?.scopes?.delete(scope);
  }

  remember(pending: PendingAwait): void {
    (this.owned ??= new Owned()).add(pending);
  }

  protected rejectLater(pending: PendingAwait): void {
    (this.owned ??= new Owned()).rejectLater(pending);
  }

  forget(pending: PendingAwait): void {
    this.owned?.delete(pending);
    if (pending.shielded === true && this.phase === 'unwinding') {
      this.unshielded();
    }
  }

  /** Whether its code waits for a cleanup, which no cancel interrupts. */
  get shielded(): boolean {
    return this.owned?.isShielded === true || this.wanted;
  }

  /** The cleanup that its cancelled code was waiting for is over. */
  protected unshielded(): void {}
}

/** Releases the resources, and keeps the member from ending before that. */
function releaseFor(member: ScopeMember | undefined, resources: Resources): void {
  member?.hold(true);
  resources.release(() => member?.release());
}
