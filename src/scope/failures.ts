import type { TimeoutError } from 'rxjs';

import {
  isInstance,
  nameOf,
  propertyOf,
  ScopeError,
  type AwaitError,
  type Named,
} from '../execution/errors.ts';
import { reportAtEnd, delivered } from './program-end.ts';

/** A failure that has reached no caller. */
export interface Failure {
  readonly error: unknown;
  /** The child that it came from, as messages name it. */
  readonly child: string | undefined;
}

/** A child whose result was never awaited. It does not refer to the child, which may well reach its scope. */
export interface Forgotten {
  /** The child as messages name it. */
  readonly child: string;
  /** Where it was started, if that is known. */
  readonly origin: string | undefined;
}

/** The failures with which a scope will close, unless they reach a caller before. */
export class Failures {
  /** The time limit is over, and that cut something off. */
  timeout: TimeoutError | undefined;
  /** The time limit was over when only the body of a run was running. It counts only if the body does not return all the same. */
  timeoutOfBody: TimeoutError | undefined;
  /** There were results that were never awaited. */
  unawaited: AwaitError | undefined;
  /** The children whose results were never awaited, by their ids. Kept only where `exitMode: 'raise'` asks for them. */
  forgotten: Map<number, Forgotten> | undefined;
  /** The failures of the scopes nested in this one. */
  nested: Set<Failures> | undefined;
  // The failures that reached no caller, and what cleanups threw, in the order in which they reached the scope.
  #list: Set<Failure> | undefined;
  // The name of the scope, or ''.
  readonly #scope: string;

  constructor(scope: string) {
    this.#scope = scope;
  }

  get size(): number {
    return this.#list?.size ?? 0;
  }

  /** Whether there is anything that only a close would report. */
  get raises(): boolean {
    return this.size > 0 || (this.forgotten !== undefined && this.forgotten.size > 0);
  }

  add(error: unknown, child?: Named): Failure {
    forgetFrames(error);
    const failure = { error, child: child && nameOf(child) };
    (this.#list ??= new Set()).add(failure);
    reportAtEnd(this);
    return failure;
  }

  delete(failure: Failure): void {
    this.#list?.delete(failure);
    this.#forget();
  }

  timedOut(error: TimeoutError, cutsOff: boolean, bodyRuns: boolean): void {
    if (cutsOff) {
      this.timeout = error;
    } else if (bodyRuns) {
      this.timeoutOfBody = error;
    }
  }

  bodyWasCutOff(): void {
    this.timeout ??= this.timeoutOfBody;
  }

  /**
   * The one error with which the scope closes: of the failures, with the timeout as its cause; else of the timeout; else of the
   * results that were never awaited. Undefined if there is none.
   */
  raise(): Error | undefined {
    const { timeout, unawaited } = this;
    const failures = this.#clear();
    // Cleared: a closed scope may be held for long, and errors hold what stood in their frames.
    this.timeout = undefined;
    this.timeoutOfBody = undefined;
    this.unawaited = undefined;
    if (failures.length > 0) {
      const told = { scope: this.#scope, children: failures.map(({ child }) => child) };
      return new ScopeError(
        failures.map(errorOf),
        timeout === undefined ? undefined : { cause: timeout },
        told,
      );
    }
    return timeout ?? unawaited;
  }

  /** Hands the failures over one by one, to be reported elsewhere. */
  take(): unknown[] {
    const { timeout } = this;
    this.timeout = undefined;
    const errors = this.#clear().map(errorOf);
    return timeout === undefined ? errors : [...errors, timeout];
  }

  /** Hands over the failures of nested scopes, too. */
  takeAll(): unknown[] {
    return [...this.take(), ...[...(this.nested ?? [])].flatMap((nested) => nested.takeAll())];
  }

  #clear(): Failure[] {
    const failures = [...(this.#list ?? [])];
    this.#list = undefined;
    this.#forget();
    return failures;
  }

  #forget(): void {
    if (this.size === 0) {
      delivered(this);
    }
  }
}

function errorOf({ error }: Failure): unknown {
  return error;
}

/**
 * Reads the stack of an error. Until that is read, V8 keeps the `this` of every frame: perhaps the scope itself, or an object
 * that holds it, so that the scope could never be collected.
 */
export function forgetFrames(error: unknown): void {
  if (isInstance(error, Error)) {
    propertyOf(error, 'stack');
  }
}

/** The failures that the error of a close holds, one by one. */
export function parts(raised: Error): unknown[] {
  if (raised instanceof ScopeError) {
    return raised.cause === undefined ? raised.errors : [...(raised.errors as unknown[]), raised.cause];
  }
  return [raised];
}
