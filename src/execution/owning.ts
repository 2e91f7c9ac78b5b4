import { Cancellation } from './cancellation.ts';
import type { CurrentCall } from './current-call.ts';
import { Owned } from './owned.ts';
import type { PendingAwait } from './pending-await.ts';
import { PendingCleanups } from './pending-cleanups.ts';
import { afterAll, Resources, type Release } from './resources.ts';
import type { OwnedScope, RunOfBody } from './scope-member.ts';
import { raiseIn } from './unhandled.ts';

/** An execution that the code has begun to await, and awaits no longer. Only executions are waited for. */
interface Left extends CurrentCall {
  teardown(): void;
  whenCleanedUp(listener: () => void): void;
}

/** What the code of an execution owns, and how that ends with it. */
export abstract class Owning extends PendingCleanups {
  /** Why it was cancelled. Set once, when it leaves `running`. */
  cancellation: Cancellation | undefined;
  /** Its code knows that it was cancelled: an await was rejected, its signal aborted, or `return()` was called. */
  told = false;
  // Made when its code first awaits, makes a scope, or asks for its signal: most never do.
  protected owned: Owned | undefined;

  /** Tells the code of a cancelled execution through what it awaits. */
  protected rejectAwaits(cancellation: Cancellation): void {
    if (this.owned?.isWaiting === true) {
      this.hear();
    }
    this.owned?.reject(cancellation);
  }

  protected takeFailures(scope: OwnedScope): void {
    if (this.cancellation !== undefined) {
      scope.takeFailures(this).forEach((error) => this.cleanupFailed(error));
    }
  }

  /** What its code has begun to await, and awaits no longer (it lost a race, say), ends with it. */
  protected dropLeftovers(): void {
    if (this.owned?.awaitsSomething === true) {
      const left = this.owned.running() as Left[];
      left.reverse().forEach((execution) => execution.teardown());
      this.owned.drop();
      this.owned.reject(new Cancellation());
    }
  }

  /** Raised by exactly one scope: the nearest that waits; where none does, RxJS reports it. */
  cleanupFailed(error: unknown): void {
    raiseIn(this.member, error);
  }

  /** Its code has acquired something. */
  keep(release: Release): void {
    this.owned ??= new Owned();
    (this.owned.resources ??= new Resources()).add(release);
  }

  /**
   * Whether its code, which has ended, has acquired something: that is released when all that could use it has ended, too, and
   * then it goes on with `goOn`.
   */
  protected releases(goOn: () => void): boolean {
    const owned = this.owned;
    const resources = owned?.resources;
    if (owned === undefined || resources === undefined) {
      return false;
    }
    owned.resources = undefined;
    this.hold();
    const left = (owned.running() as Left[]).map((execution) => (quiet: () => void) => {
      execution.teardown();
      execution.whenCleanedUp(quiet);
    });
    const open = [...(owned.scopes ?? [])].map((scope) => (quiet: () => void) => {
      this.takeFailures(scope);
      scope.outlive(this, quiet);
    });
    afterAll([...left, ...open], () =>
      resources.release(() => {
        goOn();
        this.release();
      }),
    );
    return true;
  }

  /** Whoever lets it end does not wait for that, but its child does. */
  protected releaseLate(): void {
    const resources = this.owned?.resources;
    if (resources !== undefined) {
      this.member?.hold(true);
      resources.release(() => this.member?.release());
    }
  }

  /** An error has reached its code, before any cancel: if it ends in that, it has failed, whatever kind of error it is. */
  hasReceived(error: unknown): void {
    if (this.cancellation === undefined && typeof error === 'object' && error !== null) {
      this.owned ??= new Owned();
      (this.owned.delivered ??= new WeakSet()).add(error);
    }
  }

  /** Its abort signal, made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.cancellation !== undefined) {
      this.hear();
    }
    return (this.owned ??= new Owned()).signal.get(this.cancellation);
  }

  /** Its code was told in a way that a generator does not count. */
  hear(): void {}

  /** It is the body of `run`: if it returns although it was cancelled, it has succeeded. */
  isBodyOf(run: RunOfBody): void {
    (this.owned ??= new Owned()).run = run;
  }

  /** Whether it is waited for after a cancel, too, since what it gives is wanted. */
  protected get wanted(): boolean {
    return this.owned?.run?.patient === true;
  }

  /** Whether it is a body, or what a body has returned and waits for. */
  protected get isBody(): boolean {
    return this.owned?.run !== undefined;
  }

  /** It and what it does as a value a scope can be given: it ends the scope with itself. */
  adopt(scope: OwnedScope): void {
    this.owned ??= new Owned();
    (this.owned.scopes ??= new Set()).add(scope);
  }

  disown(scope: OwnedScope): void {
    this.owned?.scopes?.delete(scope);
  }

  remember(pending: PendingAwait): void {
    (this.owned ??= new Owned()).awaits.add(pending);
  }

  forget(pending: PendingAwait): void {
    this.owned?.awaits.delete(pending);
    if (pending.shielded === true && this.phase === 'unwinding') {
      this.unshielded();
    }
  }

  /** Whether its code waits for a cleanup, which no cancel interrupts. */
  get shielded(): boolean {
    return this.owned?.isShielded === true || this.wanted;
  }

  /** The cleanup for which its cancelled code has waited is over. */
  protected unshielded(): void {}
}
