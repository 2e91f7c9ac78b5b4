import { captureContext, runIn, type Context } from '../execution/context.ts';
import { enter } from '../execution/current-call.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { cascade } from '../execution/cascade.ts';
import type { Need } from '../execution/need.ts';
import { Execution, tearDown } from '../execution/execution.ts';

/**
 * A call that runs several others. If one of them fails, the others are cancelled. When these have cleaned up, this call fails
 * with that first failure.
 */
export abstract class ExecutionOfParts<T> extends Execution<T> {
  #failure: { readonly error: unknown } | undefined;
  // Copies of its context for parts to come.
  readonly #copies: Context[] = [];
  #most = 1;

  /** The calls that it has opened and that may still run, in the order of their beginning. */
  protected abstract get parts(): Iterable<Execution>;
  /** A place may be free. Begins the calls that can begin. */
  protected abstract goOn(): void;
  /** After a failure or a cancel: no part runs or cleans up any longer. */
  protected partsOver(): void {}

  /**
   * Each part has the context of the whole, but one of its own: until Node 24, code that is inside `AsyncLocalStorage.run()` changes
   * the context in which it runs, and it may cancel another part meanwhile.
   */
  protected beginPart(part: Execution): void {
    part.blocking = this.blocking;
    part.context = this.#copy();
    part.begin();
  }

  /** To restore a context costs more than to copy it, so the more parts there are, the more copies are made at once. */
  #copy(): Context | undefined {
    return this.#copies.pop() ?? runIn(this.context, this.#copyMany, this);
  }

  #copyMany(): Context | undefined {
    for (let copies = 1; copies < this.#most; copies++) {
      const copy = captureContext();
      if (copy === undefined) {
        break; // The platform has none.
      }
      this.#copies.push(copy);
    }
    this.#most = Math.min(2 * this.#most, MOST_COPIES);
    return captureContext();
  }

  protected get waiting(): boolean {
    return this.phase === 'running' && this.#failure === undefined;
  }

  protected partFailed(error: unknown): void {
    if (!this.waiting) {
      return;
    }
    this.#failure = { error };
    const cancellation = new Cancellation(error);
    const parts = [...this.parts];
    this.hold();
    const outer = enter(this);
    this.collecting = true;
    // All are halted before any is torn down, since a cleanup may let others go on.
    const halted = parts.map((part) => part.halt(cancellation));
    cascade(() => halted.forEach((executions) => tearDown(executions, cancellation)));
    for (const part of parts) {
      this.hold();
      part.whenCleanedUp(() => this.release());
    }
    this.collecting = false;
    enter(outer);
    this.release();
  }

  proceed(): void {
    if (this.endsNow() || this.held) {
      return;
    }
    if (this.phase === 'running' && this.#failure !== undefined) {
      this.partsOver();
      this.fail(this.#failure.error);
    } else if (this.phase === 'running') {
      this.goOn();
    } else if (this.phase === 'stopping') {
      this.phase = 'unwinding';
      this.partsOver();
      if (this.#failure !== undefined) {
        this.cleanupFailed(this.#failure.error); // It was cancelled before it could report that.
      }
      this.over();
    }
  }

  override get need(): readonly Need[] {
    return [...this.parts];
  }

  protected collectInner(into: Execution[]): void {
    into.push(...[...this.parts].filter((part) => part.phase === 'running').reverse());
  }

  protected stop(): void {}
}

const MOST_COPIES = 16;
