import { TamedCall } from './call.ts';
import type { Execution } from '../execution/execution.ts';
import { ExecutionOfParts } from './parts.ts';
import type { Printer } from '../result/print.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import type { Sink } from '../execution/sink.ts';
import { LastValue } from '../execution/last-value.ts';
import { open } from '../result/waitable.ts';

/** Several calls at once, as one. */
export class CallOfAll extends TamedCall<unknown[]> {
  readonly #calls: readonly TamedCall<unknown>[];
  readonly #title: string;

  constructor(calls: readonly TamedCall<unknown>[], title = 'all') {
    super();
    this.#calls = calls;
    this.#title = title;
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
    return `${this.#title}(${value(this.#calls)})`;
  }
}

class ExecutionOfAll extends ExecutionOfParts<unknown[]> {
  protected readonly parts: Execution[];
  readonly #values: unknown[] = [];
  #missing: number;
  #begun = 0;
  #beginning = false;

  constructor(
    calls: readonly TamedCall<unknown>[],
    sink: Sink<unknown[]>,
    owner: Execution | undefined,
    member?: ScopeMember,
  ) {
    super(sink, owner, member);
    this.#missing = calls.length;
    this.parts = calls.map((call, index) => call[open](this.#part(call, index), this));
  }

  #part({ what }: TamedCall<unknown>, index: number): Sink<unknown> {
    const last = new LastValue();
    const failed = (error: unknown): void => this.partFailed(error);
    return {
      next: (value) => last.next(value),
      error: failed,
      complete: () => last.settle((value) => this.#arrived(index, value), failed, what),
    };
  }

  begin(): void {
    this.keepContext(); // One for all.
    if (this.#missing === 0) {
      this.succeed([]);
    }
    this.#beginParts();
  }

  /** Waits for all of them. Under a `block()` one begins when the one before is over. */
  #beginParts(): void {
    this.#beginning = true;
    for (const part of this.parts.slice(this.#begun)) {
      if (!this.waiting || (this.blocking !== undefined && this.#ended < this.#begun)) {
        break;
      }
      this.#begun++;
      this.beginPart(part);
    }
    this.#beginning = false;
  }

  get #ended(): number {
    return this.parts.length - this.#missing;
  }

  #arrived(index: number, value: unknown): void {
    this.#values[index] = value;
    this.#missing--;
    if (this.#missing === 0 && this.waiting) {
      this.succeed(this.#values);
    } else if (this.#begun < this.parts.length && !this.#beginning) {
      this.enqueue();
    }
  }

  protected goOn(): void {
    this.#beginParts();
  }
}
