import { captureContext, type Context } from './context.ts';
import type { CurrentCall, Phase } from './current-call.ts';
import type { ScopeMember } from './scope-member.ts';
import { enqueue, type Agenda, type Ready } from './queue.ts';

/** The base of `Execution`: counts the cleanups that it waits for before it goes on, and keeps what waits for its own cleanup. */
export abstract class PendingCleanups implements CurrentCall, Ready {
  phase: Phase = 'running';
  /** The child or body it belongs to. The scope waits for its cleanup, whatever code ends it. */
  member: ScopeMember | undefined;
  /** The `block()` that waits for it, if there is one. Leaves under it are asked for their `sync`. */
  blocking: Agenda | undefined;
  /**
   * The asynchronous context in which its code runs: that of the code that began it, or of its waiter. Undefined while its code
   * has not left that context: then it need not be restored, and most calls never wait.
   */
  context: Context | undefined;

  // How many cleanups and scopes it still waits for, before its own code unwinds or before it ends.
  #pending = 0;
  // Releases the execution that tore it down and waits for its cleanup, besides the member.
  #holder: (() => void) | undefined;
  #holdsLedger = false;

  constructor(member: ScopeMember | undefined) {
    this.member = member;
  }

  /** Goes on, when its turn comes: see {@link enqueue}. */
  abstract proceed(): void;
  abstract get abandoned(): boolean;

  /** The name of its function, or ''. */
  get name(): string {
    return '';
  }

  /** The call, as messages name it; undefined where it has no name. */
  get what(): string | undefined {
    return this.name === '' ? undefined : `The call ${this.name}(…)`;
  }

  /** Whether it drives a generator, so that its code may use `yield*`. */
  get drivesSteps(): boolean {
    return false;
  }

  /** Whether its code ends only after other code has had its turn, as an `async` function does. */
  get asynchronous(): boolean {
    return false;
  }

  /** Whether it waits for a foreign promise: one that this library did not make. */
  get atPromise(): boolean {
    return false;
  }

  /** Lets it go on when its turn comes. If a `block()` waits for it, that decides when. */
  protected enqueue(): void {
    if (this.blocking === undefined) {
      enqueue(this);
    } else {
      this.blocking.later(this);
    }
  }

  /** Called when it is about to wait, or is begun later: its later code runs in the asynchronous context of this moment. */
  keepContext(): void {
    this.context ??= captureContext();
  }

  /** Called when user code has subscribed it and begins it at once: its code runs in the context of that code. */
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

  /** Whether cleanups that it waits for are still running. */
  get held(): boolean {
    return this.#pending > 0;
  }

  /** Keeps the child or body it belongs to from ending before it has ended. */
  holdMember(): void {
    this.#holdsLedger = true;
    this.member?.hold(true);
  }

  /** Makes `holder` wait for its cleanup. */
  protected keepWaiting(holder: PendingCleanups): void {
    const earlier = this.#holder;
    holder.hold();
    this.#holder =
      earlier === undefined
        ? () => holder.release()
        : () => {
            earlier();
            holder.release();
          };
  }

  /** Calls `listener` when it has ended, after the waiters it already has. */
  whenCleanedUp(listener: () => void): void {
    const holder = this.#holder;
    if (this.isEnded()) {
      listener();
    } else {
      // Not assigned as it is made: V8 takes a function that is assigned to a property for one that lives long, and puts it among the
      // old objects. From there it would keep the whole call from a quick collection.
      const both = (): void => {
        holder?.();
        listener();
      };
      this.#holder = both;
    }
  }

  // A method: the compiler takes a property for a constant once it has been compared.
  isEnded(): boolean {
    return this.phase === 'ended';
  }

  /** It has ended. What waited for it goes on. */
  protected releaseWaiters(): void {
    const holder = this.#holder;
    this.#holder = undefined;
    holder?.();
    if (this.#holdsLedger) {
      this.#holdsLedger = false;
      this.member?.release();
    }
  }
}
