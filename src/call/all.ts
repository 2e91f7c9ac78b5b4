import { TamedCall } from './call.ts';
import { enter } from '../execution/current-call.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { Execution, tearDown } from '../execution/execution.ts';
import type { Printer } from '../result/print.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import type { Sink } from '../execution/sink.ts';
import { LastValue } from '../execution/last-value.ts';
import { open } from '../result/waitable.ts';

/** Several calls at once, as one. */
export class CallOfAll extends TamedCall<unknown[]> {
  readonly #calls: readonly TamedCall<unknown>[];

  constructor(calls: readonly TamedCall<unknown>[]) {
    super();
    this.#calls = calls;
  }

  override get name(): string {
    return '';
  }

  override [open](
    sink: Sink<unknown[]>,
    owner: Execution | undefined,
    member?: ScopeMember,
  ): Execution<unknown[]> {
    return new ExecutionOfAll(this.#calls, sink, owner, member);
  }

  override expression({ value }: Printer): string {
    return `all(${value(this.#calls)})`;
  }
}

/** Fails with the first failure when the other calls, cancelled for it, have cleaned up. */
class ExecutionOfAll extends Execution<unknown[]> {
  readonly #parts: Execution[];
  readonly #values: unknown[] = [];
  #missing: number;
  #begun = 0;
  #beginning = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    calls: readonly TamedCall<unknown>[],
    sink: Sink<unknown[]>,
    owner: Execution | undefined,
    member?: ScopeMember,
  ) {
    super(sink, owner, member);
    this.#missing = calls.length;
    this.#parts = calls.map((call, index) => call[open](this.#part(index), this));
  }

  #part(index: number): Sink<unknown> {
    const last = new LastValue();
    const failed = (error: unknown): void => this.#failed(error);
    return {
      next: (value) => last.next(value),
      error: failed,
      complete: () => last.settle((value) => this.#arrived(index, value), failed),
    };
  }

  begin(): void {
    if (this.#missing === 0) {
      this.succeed([]);
    }
    this.#beginParts();
  }

  /** All of them; one after the other is over, under a `block()`. */
  #beginParts(): void {
    this.#beginning = true;
    for (const part of this.#parts.slice(this.#begun)) {
      if (!this.#waiting() || (this.blocking !== undefined && this.#ended < this.#begun)) {
        break;
      }
      this.#begun++;
      part.blocking = this.blocking;
      part.begin();
    }
    this.#beginning = false;
  }

  get #ended(): number {
    return this.#parts.length - this.#missing;
  }

  #waiting(): boolean {
    return this.phase === 'running' && this.#failure === undefined;
  }

  #arrived(index: number, value: unknown): void {
    this.#values[index] = value;
    this.#missing--;
    if (this.#missing === 0 && this.#waiting()) {
      this.succeed(this.#values);
    } else if (this.#begun < this.#parts.length && !this.#beginning) {
      this.enqueue();
    }
  }

  #failed(error: unknown): void {
    if (!this.#waiting()) {
      return;
    }
    this.#failure = { error };
    const cancellation = new Cancellation(error);
    this.hold();
    const outer = enter(this);
    this.collecting = true;
    // All are halted before any is torn down: its cleanup may let others go on.
    this.#parts.map((part) => part.halt(cancellation)).forEach((halted) => tearDown(halted, cancellation));
    for (const part of this.#parts) {
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
      this.fail(this.#failure.error);
    } else if (this.phase === 'running') {
      this.#beginParts();
    } else if (this.phase === 'stopping') {
      this.phase = 'unwinding';
      if (this.#failure !== undefined) {
        this.cleanupFailed(this.#failure.error); // It was cancelled before it could tell of it.
      }
      this.over();
    }
  }

  protected collectInner(into: Execution[]): void {
    into.push(...this.#parts.filter((part) => part.phase === 'running').reverse());
  }

  protected stop(): void {}
}
