import type { TimeoutError } from 'rxjs';

import { nameOf, ScopeError, type AwaitError, type Named } from '../execution/errors.ts';
import { beforeTheEnd, heard } from './program-end.ts';

/** A failure that has reached nobody yet. */
export interface Failure {
  readonly error: unknown;
  /** The child that it came from, as messages name it. */
  readonly child: string | undefined;
}

/** What is said of a child whose result nobody has awaited: no child, since that may well reach its scope. */
export interface Forgotten {
  /** The child as messages name it. */
  readonly child: string;
  /** Where it was started, if that is known. */
  readonly origin: string | undefined;
}

/** What closing a scope will raise, unless somebody hears of it before. */
export class Failures {
  /** Time ran out, and that cut something off. */
  timeout: TimeoutError | undefined;
  /** Time ran out when only the body of a run was running: it matters if that does not return all the same. */
  timeoutOfBody: TimeoutError | undefined;
  /** There were results that nobody awaited. */
  unawaited: AwaitError | undefined;
  /** Whose results nobody has awaited, by their ids. Kept only where `exitMode: 'raise'` asks. */
  readonly forgotten = new Map<number, Forgotten>();
  /** Those of the scopes nested in this one. */
  readonly nested = new Set<Failures>();
  // Delivered to nobody, and what cleanups threw, in the order in which they reached the scope.
  readonly #list = new Set<Failure>();
  // The name of the scope, or ''.
  readonly #scope: string;

  constructor(scope: string) {
    this.#scope = scope;
  }

  get size(): number {
    return this.#list.size;
  }

  /** Whether there is anything that only closing would say. */
  get raises(): boolean {
    return this.#list.size > 0 || this.forgotten.size > 0;
  }

  add(error: unknown, child?: Named): Failure {
    forgetFrames(error);
    const failure = { error, child: child && nameOf(child) };
    this.#list.add(failure);
    beforeTheEnd(this);
    return failure;
  }

  delete(failure: Failure): void {
    this.#list.delete(failure);
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

  /** The one error of them all: failures first, with the timeout as their cause; the timeout; who was never awaited. */
  raise(): Error | undefined {
    const { timeout, unawaited } = this;
    const failures = this.#clear();
    // A closed scope may be held for long, and they hold what stood in their frames.
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

  /** Hands them over one by one, to be raised elsewhere. */
  take(): unknown[] {
    const { timeout } = this;
    this.timeout = undefined;
    const errors = this.#clear().map(errorOf);
    return timeout === undefined ? errors : [...errors, timeout];
  }

  /** Hands over those of nested scopes, too. */
  takeAll(): unknown[] {
    return [...this.take(), ...[...this.nested].flatMap((nested) => nested.takeAll())];
  }

  #clear(): Failure[] {
    const failures = [...this.#list];
    this.#list.clear();
    this.#forget();
    return failures;
  }

  #forget(): void {
    if (this.#list.size === 0) {
      heard(this);
    }
  }
}

function errorOf({ error }: Failure): unknown {
  return error;
}

/**
 * V8 keeps what was `this` in every frame of an error until somebody reads its stack: perhaps the scope itself, or who holds
 * it, which could then never be collected as dropped.
 */
export function forgetFrames(error: unknown): void {
  if (error instanceof Error) {
    Reflect.get(error, 'stack');
  }
}

/** What a raised error holds, one by one. */
export function parts(raised: Error): unknown[] {
  if (raised instanceof ScopeError) {
    return raised.cause === undefined ? raised.errors : [...(raised.errors as unknown[]), raised.cause];
  }
  return [raised];
}
