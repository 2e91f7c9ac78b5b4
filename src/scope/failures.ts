import type { TimeoutError } from 'rxjs';

import { ScopeError, type AwaitError } from '../execution/errors.ts';
import { beforeTheEnd, heard } from './program-end.ts';

/** A failure that has reached nobody yet. */
export interface Failure {
  readonly error: unknown;
}

/** What closing a scope will raise, unless somebody hears of it before. */
export class Failures {
  /** Time ran out, and that cut something off. */
  timeout: TimeoutError | undefined;
  /** Time ran out when only the body of a run was running: it matters if that does not return all the same. */
  timeoutOfBody: TimeoutError | undefined;
  /** There were results that nobody awaited. */
  unawaited: AwaitError | undefined;
  /** Those of the scopes nested in this one. */
  readonly nested = new Set<Failures>();
  // Delivered to nobody, and what cleanups threw, in the order in which they reached the scope.
  readonly #list = new Set<Failure>();

  get size(): number {
    return this.#list.size;
  }

  add(error: unknown): Failure {
    forgetFrames(error);
    const failure = { error };
    this.#list.add(failure);
    beforeTheEnd(this);
    return failure;
  }

  delete(failure: Failure): void {
    this.#list.delete(failure);
    this.#forget();
  }

  bodyWasCutOff(): void {
    this.timeout ??= this.timeoutOfBody;
  }

  /** The one error of them all: failures first, with the timeout as their cause; the timeout; who was never awaited. */
  raise(): Error | undefined {
    const { timeout, unawaited } = this;
    const errors = this.#clear();
    // A closed scope may be held for long, and they hold what stood in their frames.
    this.timeout = undefined;
    this.timeoutOfBody = undefined;
    this.unawaited = undefined;
    if (errors.length > 0) {
      return new ScopeError(errors, timeout === undefined ? undefined : { cause: timeout });
    }
    return timeout ?? unawaited;
  }

  /** Hands them over one by one, to be raised elsewhere. */
  take(): unknown[] {
    const { timeout } = this;
    this.timeout = undefined;
    return timeout === undefined ? this.#clear() : [...this.#clear(), timeout];
  }

  /** Hands over those of nested scopes, too. */
  takeAll(): unknown[] {
    return [...this.take(), ...[...this.nested].flatMap((nested) => nested.takeAll())];
  }

  #clear(): unknown[] {
    const errors = [...this.#list].map(({ error }) => error);
    this.#list.clear();
    this.#forget();
    return errors;
  }

  #forget(): void {
    if (this.#list.size === 0) {
      heard(this);
    }
  }
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
