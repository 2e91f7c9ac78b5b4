import { captureContext, type Context } from './context.ts';
import type { CurrentCall, Phase } from './current-call.ts';
import type { ScopeMember } from './scope-member.ts';
import { enqueue, type Agenda, type Ready } from './queue.ts';

/** What waits for cleanups before it goes on, and is waited for in turn: what executions have in common with nothing else. */
export abstract class PendingCleanups implements CurrentCall, Ready {
  phase: Phase = 'running';
  /** The child or body it belongs to; its scope waits for its cleanup, whoever ends it. */
  member: ScopeMember | undefined;
  /** The `block()` that waits for it, if one does: leaves under it are asked for their `sync`. */
  blocking: Agenda | undefined;
  /**
   * The asynchronous context in which its code runs: that of whoever began it, or of what waits for it. None, while its code has
   * not left that: then it need not be restored, and most calls never wait.
   */
  context: Context | undefined;

  // What it still waits for before its own code unwinds, or before it has ended: cleanups and scopes.
  #pending = 0;
  // Who tore it down and waits for its cleanup, beside the member.
  #holder: (() => void) | undefined;
  #holdsLedger = false;

  constructor(member: ScopeMember | undefined) {
    this.member = member;
  }

  /** Goes on, when its turn comes: see {@link enqueue}. */
  abstract proceed(): void;
  abstract get adrift(): boolean;

  /** The name of its function, or ''. */
  get name(): string {
    return '';
  }

  /** What was called, for messages; undefined where that has no name. */
  get what(): string | undefined {
    return this.name === '' ? undefined : `The call ${this.name}(…)`;
  }

  /** Whether it drives a generator, so that its code may use `yield*`. */
  get drivesSteps(): boolean {
    return false;
  }

  /** Whether its code cannot end before others have had their turn. */
  get asynchronous(): boolean {
    return false;
  }

  /** Whether it waits for a promise that is not one of this library. */
  get atPromise(): boolean {
    return false;
  }

  /** Lets it go on when it can: a `block()` that waits for it says when that is. */
  protected enqueue(): void {
    if (this.blocking === undefined) {
      enqueue(this);
    } else {
      this.blocking.later(this);
    }
  }

  /** It is about to wait, or is begun late: what runs of it later runs in the asynchronous context of this very moment. */
  keepContext(): void {
    this.context ??= captureContext();
  }

  /** Somebody's code has subscribed it, perhaps in a context of its own, and begins it at once. */
  ownContext(): void {
    this.context = undefined;
  }

  hold(): void {
    this.#pending++;
  }

  release(): void {
    this.#pending--;
    if (this.#pending === 0) {
      enqueue(this);
    }
  }

  /** Whether cleanups are going on that it waits for. */
  get held(): boolean {
    return this.#pending > 0;
  }

  /** Keeps the child or body it belongs to from ending before this has. */
  holdMember(): void {
    this.#holdsLedger = true;
    this.member?.hold(true);
  }

  /** Says who waits for its cleanup. */
  protected heldFor(holder: PendingCleanups): void {
    holder.hold();
    this.#holder = () => holder.release();
  }

  /** Calls `listener` at the end of a cleanup for which nobody else waits. */
  whenCleanedUp(listener: () => void): void {
    const holder = this.#holder;
    if (this.isEnded()) {
      listener();
    } else {
      this.#holder = () => {
        holder?.();
        listener();
      };
    }
  }

  // A method, because the compiler takes a phase it has compared once for a constant.
  isEnded(): boolean {
    return this.phase === 'ended';
  }

  /** It has ended: whoever waited for it goes on. */
  protected letGo(): void {
    const holder = this.#holder;
    this.#holder = undefined;
    holder?.();
    if (this.#holdsLedger) {
      this.#holdsLedger = false;
      this.member?.release();
    }
  }
}
