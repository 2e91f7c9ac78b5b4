import { types } from 'node:util';

import { FunctionCall, define } from '../call.ts';
import { Cancellation } from '../cancellation.ts';
import { outside } from '../current.ts';
import type { Execution } from '../execution.ts';
import type { Ledger, Sink } from '../ledger.ts';
import { open } from '../waitable.ts';
import { find, findAgain, type Exported } from './exported.ts';
import { encode, type Failure } from './failures.ts';
import { movedWith, uncloneable } from './transfer.ts';

/** What a thread is asked to do. */
export interface Request {
  readonly id: number;
  readonly name: string;
  args: readonly unknown[];
}

/** How that has ended, with all its cleanup. */
export interface Outcome {
  readonly failure: Failure | undefined;
  /** What cleanups threw. */
  readonly cleanup: readonly Failure[];
}

/** Takes what the function emits; throws what that function has done wrong. */
export type Emit = (value: unknown) => void;

/**
 * In a thread: one call of a function of its module. It is what a scope would be to a child, at less cost: whom the execution
 * tells how it ends, and who keeps account of the cleanups under it.
 */
export class Run implements Sink<unknown>, Ledger {
  readonly ended = false;
  readonly #url: string;
  readonly #request: Request;
  readonly #emit: Emit;
  #execution: Execution | undefined;
  #cancellation: Cancellation | undefined;
  #failure: Failure | undefined;
  readonly #cleanup: Failure[] = [];
  // What has to come before it has ended: a word of how, which a cancel makes superfluous; the end of the execution and of all
  // cleanups.
  #holds = 1;
  #hasSaid = false;
  #over: (() => void) | undefined;
  // What the function returned, if it is a promise.
  #promise: Promise<unknown> | undefined;
  // The function was let go, so that it may run on.
  #letGo = false;

  constructor(url: string, request: Request, emit: Emit) {
    this.#url = url;
    this.#request = request;
    this.#emit = emit;
  }

  /** Fulfils when nothing of it runs any more; if nothing can tell when that is, never. */
  async end(): Promise<Outcome> {
    try {
      const { name } = this.#request;
      await this.#run(findAgain(name) ?? (await find(this.#url, name)));
    } catch (error) {
      this.#failure = encode(error); // Of the search alone.
    }
    if (this.#letGo) {
      await (this.#promise?.catch(() => {}) ?? new Promise(() => {}));
    }
    return { failure: this.#failure, cleanup: this.#cleanup };
  }

  #run(fn: Exported): Promise<void> | undefined {
    if (this.#cancellation !== undefined) {
      return undefined;
    }
    const { name, args } = this.#request;
    const definition = define(name, 'function', () => this.#returned(fn(...args)));
    const execution = new FunctionCall(definition, undefined, [])[open](this, undefined, this);
    this.#execution = execution;
    this.#holds++;
    execution.whenCleanedUp(() => this.release());
    execution.begin();
    if (this.#holds === 0) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#over = resolve;
    });
  }

  #returned(value: unknown): unknown {
    if (types.isPromise(value)) {
      this.#promise = value;
    }
    return value;
  }

  /** What it emits and how it ends is of no interest any more; when, is. */
  cancel(reason: unknown): void {
    if (this.#cancellation === undefined) {
      const cancellation = new Cancellation(reason);
      this.#cancellation = cancellation;
      // Not as its own code, on whose stack this may be: that would not have to be told.
      outside(() => this.#execution?.cancel(cancellation));
      this.#said();
    }
  }

  // As a sink

  next(value: unknown): void {
    try {
      this.#emit(value);
    } catch (error) {
      this.#failure = encode(error);
      this.cancel(error);
    }
  }

  error(error: unknown): void {
    this.#failure ??= encode(error);
    this.#said();
  }

  complete(): void {
    this.#said();
  }

  #said(): void {
    if (!this.#hasSaid) {
      this.#hasSaid = true;
      this.release();
    }
  }

  // As a ledger

  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.#holds === 0) {
      this.#over?.();
    }
  }

  failed(error: unknown): void {
    this.#cleanup.push(encode(error));
  }

  abandoned(): void {
    this.#letGo = true;
  }

  isAwaitedBy(): boolean {
    return false;
  }

  childOf(): undefined {
    return undefined;
  }

  nests(): void {}
}

/** Sends a value by `post`, or throws an error that says what in it cannot be sent. */
export function send(
  name: string,
  value: unknown,
  post: (value: unknown, moved: readonly object[]) => void,
): void {
  const label = (): string => `What "${name}" returned or emitted`;
  const moved = movedWith([value], label);
  try {
    post(value, moved);
  } catch (error) {
    const reason = uncloneable([value], moved, label);
    throw reason === undefined ? error : new TypeError(reason, { cause: error });
  }
}
