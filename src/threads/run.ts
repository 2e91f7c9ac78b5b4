import { types } from 'node:util';

import { Cancellation } from '../execution/cancellation.ts';
import { outside } from '../execution/current-call.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import type { Sink } from '../execution/sink.ts';
import { FunctionExecution, type Code, type Invocation } from '../call/function-execution.ts';
import { isPlatformObservable } from '../call/platform-observable.ts';
import { isAsyncIterable, isGenerator, isObservable } from '../call/shapes.ts';
import { find, findAgain, type Exported, type Source } from './exported.ts';
import { encode, type Failure } from '../remote/failures.ts';
import type { Outcome } from '../remote/outcome.ts';
import { movedWith, returnedBy, uncloneable } from './transfer.ts';

/** What a thread is asked to run. */
export interface Request {
  readonly id: number;
  readonly name: string;
  args: readonly unknown[];
  /** From another machine: its arguments as text, in the place of `args`; what it emits goes back likewise. */
  readonly packed?: { readonly args: string; readonly maxPayload: number };
}

/** Is told what a run emits, and how it ends. */
export interface Listener {
  /** The function has emitted `value`; `isLast` if nothing but the end can come after it. Throws if that value cannot be sent. */
  emit(value: unknown, isLast: boolean): void;
  /** It has emitted all that it emits, and something in it still cleans up. */
  cleansUp?(): void;
  /** Nothing in it runs any more. This is never called if nothing can tell when that is. */
  over(outcome: Outcome): void;
}

/**
 * One call of a function of the module, in the thread. It is to the execution what a child is, at a lower cost: the sink that
 * is told how the execution ends, and the member that counts the cleanups under it. It makes no promise of its own: where
 * contexts are carried, one promise costs more than everything else here.
 */
export class Run implements Invocation, Sink<unknown>, ScopeMember {
  readonly ended = false;
  readonly needed = false;
  readonly code: Code;
  readonly #args: readonly unknown[];
  readonly #listener: Listener;
  #fn: Exported | undefined;
  #execution: FunctionExecution<unknown> | undefined;
  #cancellation: Cancellation | undefined;
  #failure: Failure | undefined;
  readonly #cleanup: Failure[] = [];
  // What must happen before it has ended: its outcome is known, which a cancel makes superfluous; the execution has ended, and
  // so have all cleanups.
  #holds = 2;
  #hasSaid = false;
  // What the function returned, if that is a promise.
  #promise: Promise<unknown> | undefined;
  // It can emit one value at most, just before it ends: it returned a promise, or the value.
  #isSingle = false;
  // The function was abandoned, and may run on.
  #abandoned = false;

  constructor(name: string, args: readonly unknown[], listener: Listener) {
    this.code = { name, kind: 'function', asynchronous: false };
    this.#args = args;
    this.#listener = listener;
  }

  /** Looks up the function in the module, and calls it. */
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

  /** The execution calls this. */
  invoke(): unknown {
    const fn = this.#fn;
    const returned = fn?.(...this.#args); // Without a `this`.
    if (types.isPromise(returned)) {
      this.#promise = returned;
      this.#isSingle = true;
    } else {
      this.#isSingle = ![isObservable, isGenerator, isAsyncIterable, isPlatformObservable].some((is) =>
        is(returned),
      );
    }
    return returned;
  }

  /** Cancels it. From here on it matters when it ends, but not how, nor what it emits. */
  cancel(reason: unknown): void {
    if (this.#cancellation === undefined) {
      const cancellation = new Cancellation(reason);
      this.#cancellation = cancellation;
      // This may be on the stack of its own code. Then the execution would take it for a cancel by itself, and not tell the
      // code.
      outside(() => this.#execution?.cancel(cancellation));
      this.#said();
    }
  }

  // As a sink

  next(value: unknown): void {
    try {
      this.#listener.emit(value, this.#isSingle);
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
    if (this.#holds > 0) {
      this.#listener.cleansUp?.();
    }
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
    if (this.#holds === 0 && !this.#abandoned) {
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
    this.#abandoned = true;
  }

  // In a thread it belongs to no scope.
  readonly home = undefined;
  readonly parked = false;

  nests(): void {}
}

/** Sends a value by `post`. Throws an error that names the part of it that cannot be sent. */
export function send(
  name: string,
  value: unknown,
  post: (value: unknown, moved: readonly object[]) => void,
): void {
  const label = (): string => returnedBy(name);
  const moved = movedWith([value], label);
  try {
    post(value, moved);
  } catch (error) {
    const reason = uncloneable([value], moved, label, error);
    throw reason === undefined ? error : new TypeError(reason, { cause: error });
  }
}
