import { types } from 'node:util';

import { Cancellation } from '../execution/cancellation.ts';
import { outside } from '../execution/current-call.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import type { Sink } from '../execution/sink.ts';
import { FunctionExecution, type Code, type Invocation } from '../call/function-execution.ts';
import { find, findAgain, type Exported, type Source } from './exported.ts';
import { encode, type Failure } from '../remote/failures.ts';
import type { Outcome } from '../remote/outcome.ts';
import { movedWith, uncloneable } from './transfer.ts';

/** What a thread is asked to do. */
export interface Request {
  readonly id: number;
  readonly name: string;
  args: readonly unknown[];
  /** From another machine: its arguments as text, in the place of `args`; what it emits goes back likewise. */
  readonly packed?: { readonly args: string; readonly maxPayload: number };
}

/** What becomes of a run. */
export interface Listener {
  /** It has emitted this. Throws what the function has done wrong by that. */
  emit(value: unknown): void;
  /** Nothing of it runs any more. If nothing can tell when that is, never. */
  over(outcome: Outcome): void;
}

/**
 * In a thread: one call of a function of its module. It is what a scope would be to a child, at less cost: whom the execution
 * tells how it ends, and who keeps account of the cleanups under it. No promise of its own is in its way: where contexts are
 * carried each costs more than all else here.
 */
export class Run implements Invocation, Sink<unknown>, ScopeMember {
  readonly ended = false;
  readonly code: Code;
  readonly #args: readonly unknown[];
  readonly #listener: Listener;
  #fn: Exported | undefined;
  #execution: FunctionExecution<unknown> | undefined;
  #cancellation: Cancellation | undefined;
  #failure: Failure | undefined;
  readonly #cleanup: Failure[] = [];
  // What has to come before it has ended: a word of how, which a cancel makes superfluous; the end of the execution and of all
  // cleanups.
  #holds = 2;
  #hasSaid = false;
  // What the function returned, if it is a promise.
  #promise: Promise<unknown> | undefined;
  // The function was let go, so that it may run on.
  #letGo = false;

  constructor({ name, args }: Request, listener: Listener) {
    this.code = { name, kind: 'function', asynchronous: false };
    this.#args = args;
    this.#listener = listener;
  }

  /** Looks the function up in the module, and calls it. */
  begin(source: Source): void {
    const { name } = this.code;
    const fn = findAgain(name);
    if (fn === undefined) {
      find(source, name).then(
        (found) => this.#run(found),
        (error: unknown) => this.#fail(error),
      );
    } else {
      this.#run(fn);
    }
  }

  #run(fn: Exported): void {
    if (this.#cancellation !== undefined) {
      this.release();
      return;
    }
    this.#fn = fn;
    const execution = new FunctionExecution(this, this, undefined, this);
    this.#execution = execution;
    execution.whenCleanedUp(() => this.release());
    execution.begin();
  }

  #fail(error: unknown): void {
    this.error(error);
    this.release();
  }

  /** As what the execution calls. */
  invoke(): unknown {
    const fn = this.#fn;
    const returned = fn?.(...this.#args); // Without a "this".
    if (types.isPromise(returned)) {
      this.#promise = returned;
    }
    return returned;
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
      this.#listener.emit(value);
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

  // As a member

  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.#holds === 0 && !this.#letGo) {
      this.#over();
    } else if (this.#holds === 0) {
      this.#promise?.then(
        () => this.#over(),
        () => this.#over(),
      );
    }
  }

  #over(): void {
    this.#listener.over({ failure: this.#failure, cleanup: this.#cleanup });
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

  // What runs in a thread is in no scope of this one.
  readonly home = undefined;
  readonly parked = false;

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
