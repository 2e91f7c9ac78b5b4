/// <reference lib="esnext.disposable" preserve="true" />
// Kept in the declarations: where the target is older than `using`, as in Angular's projects, no other file brings its types.

// The room `scope`: who owns calls, and until when.
//
// It promises to users and entry points: when a scope has closed, nothing of it runs, and each failure has reached a caller. It
// takes from `call`: how a call is begun under an owner. It takes from `execution`: that a cancelled call says when it has
// ended.

import type { Observable } from 'rxjs';

import { callOf, callOfGenerator, TamedCall } from '../call/call.ts';
import type { Source } from '../call/platform-observable.ts';
import { registry } from '../execution/registry.ts';
import type { Child, ChildInfo } from './child.ts';
import type { AnyGenerator } from '../call/coroutine.ts';
import { quote, ScopeClosedError, startStackAt } from '../execution/errors.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { currentExecution } from '../execution/execution.ts';
import type { Nesting, ScopeEvent } from './events.ts';
import { print, printed, printScope, type PrintArgs } from '../result/print.ts';
import { Lifetime } from './lifetime.ts';
import { announce } from './nested-scopes.ts';
import { checked, titleOf, type CheckedOptions } from './options.ts';
import { cancelledResult, succeededResult, type DelayedResult } from '../result/result.ts';
import { CallOfRun, type Scopes } from './run.ts';
import { checkShutdown, type ShutdownOptions } from './shutdown.ts';
import { dispose, disposeAsync } from './disposing.ts';
import { cancelBy, checkStart, refusedBy, takeOver, type StartOptions } from './start-options.ts';
import type { Emitted } from '../call/function-execution.ts';
import { isGenerator } from '../call/shapes.ts';

/**
 * The options of a scope.
 *
 * @example
 * ```ts
 * import { AsyncScope, type AsyncScopeOptions } from 'async-tamer';
 *
 * const polite: AsyncScopeOptions = { concurrency: 2, errorMode: 'continue' };
 * console.log(new AsyncScope({ ...polite, name: 'downloads' }).name);
 * // => downloads
 * ```
 */
export interface AsyncScopeOptions {
  /**
   * What closing does with children that still run: it waits for them (`wait`, the default), cancels them (`cancel`), or
   * cancels them and fails with an `AwaitError` if a result was never awaited (`raise`).
   */
  exitMode?: 'wait' | 'cancel' | 'raise' | undefined;
  /** What the failure of a child does to the others: `cancel` (the default) cancels them, `continue` lets them go on. */
  errorMode?: 'cancel' | 'continue' | undefined;
  /** How many children run at once; the rest wait in a queue, first come, first served. Default: no limit. */
  concurrency?: number | undefined;
  /** After this many ms the scope is cancelled, and its close fails with RxJS's `TimeoutError`. Default: no limit. */
  timeout?: number | undefined;
  /**
   * How many ms a cancelled child may clean up. After that the scope closes without it, and a `CleanupTimeoutError` names it.
   * Default: 30 000. `Infinity`: no limit.
   */
  cleanupTimeout?: number | undefined;
  /** Cancels the scope when it aborts. */
  signal?: AbortSignal | undefined;
  /** The scope this one is nested in. The parent cancels this scope, and closes only after it. */
  parent?: AsyncScope | undefined;
  /** A name for messages and pictures. */
  name?: string | undefined;
}

/**
 * A scope that was made in another one, as {@link AsyncScope.scopes$} tells it.
 *
 * @example
 * ```ts
 * import { AsyncScope, type NestedScope } from 'async-tamer';
 *
 * const page = new AsyncScope();
 * page.scopes$.subscribe(({ scope, id }: NestedScope) => console.log(scope.name, id));
 * new AsyncScope({ parent: page, name: 'dialog' });
 * // => dialog 0
 * ```
 */
export interface NestedScope extends Nesting {
  /** The scope that was made. */
  readonly scope: AsyncScope;
}

/** The lifetime of a scope, for the other files of the library. */
export let lifetimeOf: (scope: AsyncScope) => Lifetime;

/**
 * Owns calls: when a scope has closed, nothing that it started is still running, cleanup included, and no failure is lost.
 *
 * A scope that is made inside a tamed call, without `parent`, is cancelled when that call is. Wrong options throw a
 * `TypeError`.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep, tamed } from 'async-tamer';
 *
 * const echo = tamed(function* (text: string, ms: number) {
 *   yield* sleep(ms);
 *   console.log(text);
 * });
 * {
 *   await using scope = new AsyncScope();
 *   scope.start(echo('b', 20));
 *   scope.start(echo('a', 10));
 * }
 * // => a
 * // => b
 * ```
 */
export class AsyncScope implements Disposable, AsyncDisposable {
  readonly #options: CheckedOptions;
  // Most scopes belong to no call, have no trigger, and are not used before anything is started in them. That makes it.
  #made: Lifetime | undefined;
  // The close of a scope that was never used: there is nothing to wait for, so that is all that it keeps.
  #unused: DelayedResult<void> | undefined;
  /** The name given to it, or ''. */
  readonly name: string;

  constructor(options?: AsyncScopeOptions) {
    const settings = (this.#options = check(options, AsyncScope));
    const parent = options?.parent;
    const owner = parent === undefined ? currentExecution() : undefined;
    if (parent?.closed === true && lifetimeOf(parent).refused === undefined) {
      const message = `${titleOf(parent.name)} has closed, so no scope can be nested in it.`;
      throw startStackAt(new ScopeClosedError(message), AsyncScope);
    }
    this.name = settings.name;
    const outer = parent && lifetimeOf(parent);
    if ((owner ?? outer ?? settings.signal ?? settings.timeout) !== undefined) {
      this.#made = new Lifetime(this, settings, outer, owner);
    }
    announce(this, outer, owner);
    registry?.opened(lifetimeOf(this), this.name);
  }

  // It has no private methods and accessors: for a class that has some, V8 gives each object another field.
  static {
    lifetimeOf = (scope: AsyncScope): Lifetime => {
      if (scope.#made === undefined) {
        scope.#made = new Lifetime(scope, scope.#options);
        scope.#made.closedAs(scope.#unused);
      }
      return scope.#made;
    };
  }

  /**
   * Makes `source` a child: subscribes to it at once, synchronously, or queues it under `concurrency`. A generator is run as a
   * coroutine. Returns the result. You may ignore it: a failure that no code awaits becomes the error of the close.
   *
   * In a cancelled scope nothing is run, and the result is cancelled. Throws a {@link ScopeClosedError} if the scope has closed
   * without a cancel, and a `TypeError` if `source` cannot be started. What is thrown while subscribing is the child's failure.
   *
   * @example
   * ```ts
   * import { AsyncScope, sleep } from 'async-tamer';
   *
   * await using scope = new AsyncScope();
   * const result = scope.start(sleep(10));
   * console.log(result.status, scope.size);
   * // => pending 1
   * ```
   */
  start<T>(source: Generator<unknown, T, never>, options?: StartOptions): DelayedResult<T>;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- a generator is iterable too: its T is what it returns
  start<T>(source: Source<T>, options?: StartOptions): DelayedResult<T>;
  start<T>(source: unknown, options?: StartOptions): DelayedResult<T> {
    const signal = checkStart(options, this.start)?.signal;
    const lifetime = lifetimeOf(this);
    const call = source instanceof TamedCall ? (source as TamedCall<T>) : callOfChild<T>(source, this.start);
    const refused = lifetime.refused ?? (lifetime.closed ? undefined : refusedBy(signal));
    if (refused !== undefined) {
      return cancelledResult(refused);
    }
    if (lifetime.closed) {
      throw startStackAt(
        new ScopeClosedError(`${titleOf(this.name)} has closed, so it cannot start another child. ${ADVICE}`),
        this.start,
      );
    }
    const child = lifetime.child<T>(call, this.start, options);
    if (signal !== undefined) {
      cancelBy(signal, child);
    }
    lifetime.admit(child);
    return child.result;
  }

  /**
   * Cancels every child, in the order of their start, and drops the queue. `reason` becomes the `cause` of the `CancelledError`
   * that waiters get. Synchronous cleanup is over when it returns; {@link close} waits for the rest. The scope stays cancelled.
   * A second cancel, or one after the close, does nothing.
   *
   * @example
   * ```ts
   * import { AsyncScope, sleep } from 'async-tamer';
   *
   * const scope = new AsyncScope();
   * const result = scope.start(sleep(1000));
   * scope.cancel();
   * console.log(result.status, scope.cancelled, scope.closed);
   * // => cancelled true false
   * ```
   */
  cancel(reason?: unknown): void {
    const cancellation = new Cancellation(reason, titleOf(this.name));
    startStackAt(cancellation.error, this.cancel); // Its stack shows the code that cancelled.
    lifetimeOf(this).stop(cancellation);
  }

  /**
   * Begins to close as the exit mode says. Returns the same result every time. It completes, with `undefined`, when every child
   * and every cleanup has ended.
   *
   * It fails with a {@link ScopeError} that holds the failures delivered to no caller and the errors of cleanups; else with
   * RxJS's `TimeoutError`, if the time limit cut something off; else with an {@link AwaitError}. If no caller has asked for the
   * error one macrotask later, it goes to the parent, or to RxJS's `config.onUnhandledError`. A child that waits for the close
   * of its own scope gets a {@link BlockingError} at once.
   *
   * @example
   * ```ts
   * import { AsyncScope, sleep } from 'async-tamer';
   *
   * const scope = new AsyncScope();
   * scope.start(sleep(10));
   * await scope.close();
   * console.log(scope.closed, scope.size);
   * // => true 0
   * ```
   */
  close(): DelayedResult<void> {
    const isUnused = this.#made === undefined && this.#options.exitMode === 'wait';
    return isUnused ? (this.#unused ??= succeededResult(undefined)) : lifetimeOf(this).close();
  }

  /**
   * Ends in an orderly way, as `SIGTERM` demands. It closes as {@link close} does, but drops the queue, and lets what runs
   * finish, whatever the exit mode. Later starts are cancelled at once. What still runs after `timeout` ms is cancelled; that
   * is no failure. Returns the result of `close()`. A second call can only shorten the time. Throws a `TypeError` for wrong
   * options.
   *
   * @example
   * ```ts
   * import { AsyncScope, sleep, tamed } from 'async-tamer';
   *
   * const job = tamed(async (id: number) => { await sleep(10); return console.log('done', id); });
   * const scope = new AsyncScope({ concurrency: 1 });
   * const [first, second] = [scope.start(job(1)), scope.start(job(2))];
   * await scope.shutdown({ timeout: 10_000 });
   * console.log(first.status, second.status, scope.start(job(3)).status);
   * // => done 1
   * // => succeeded cancelled cancelled
   * ```
   */
  shutdown(options: ShutdownOptions = {}): DelayedResult<void> {
    return lifetimeOf(this).shutdown(checkShutdown(options, this.shutdown));
  }

  /** Whether everything has finished: closing has begun, and no child and no cleanup is left. */
  get closed(): boolean {
    return this.#unused !== undefined || this.#made?.closed === true;
  }

  /** Whether it was cancelled: by {@link cancel}, a failure, its timeout, its signal, its parent or its exit mode. */
  get cancelled(): boolean {
    return this.#made?.cancellation !== undefined;
  }

  /** How many children are running, queued, or cleaning up. */
  get size(): number {
    return this.#made?.children?.size ?? 0;
  }

  /** A snapshot of the children that are running, queued, or cleaning up, in the order of their start. */
  get children(): readonly ChildInfo[] {
    return [...(this.#made?.children ?? [])].map((child: Child) => child.info);
  }

  /** A signal that aborts when the scope is cancelled: with the reason, or with an `AbortError` if there is none. */
  get signal(): AbortSignal {
    return lifetimeOf(this).signal;
  }

  /**
   * What the children emit, merged, as it comes. Hot. Completes when the scope closes, and never errors.
   *
   * @example
   * ```ts
   * import { from } from 'rxjs';
   * import { AsyncScope } from 'async-tamer';
   *
   * await using scope = new AsyncScope();
   * scope.values$.subscribe((value) => console.log(value));
   * scope.start(from([1, 2]));
   * // => 1
   * // => 2
   * ```
   */
  get values$(): Observable<unknown> {
    return lifetimeOf(this).watch().values$;
  }

  /**
   * What happens to each child: see {@link ScopeEvent}. Hot. Completes when the scope closes, and never errors. It costs
   * nothing while it has no subscriber.
   *
   * @example
   * ```ts
   * import { AsyncScope, tamed } from 'async-tamer';
   *
   * await using scope = new AsyncScope();
   * scope.events$.subscribe(({ type, id, name }) => console.log(type, id, name));
   * scope.start(tamed(function one() { return 1; })());
   * // => start 1 one
   * // => next 1 one
   * // => complete 1 one
   * ```
   */
  get events$(): Observable<ScopeEvent> {
    return lifetimeOf(this).watch().events$;
  }

  /**
   * The scopes that are made in this one: by a child, by the body of its run, or with it as `parent`. Hot. Completes when the
   * scope closes, and never errors. It costs nothing while it has no subscriber.
   *
   * @example
   * ```ts
   * import { AsyncScope } from 'async-tamer';
   *
   * await using scope = new AsyncScope();
   * scope.scopes$.subscribe(({ id, scope: nested }) => console.log(id, nested.name));
   * new AsyncScope({ parent: scope, name: 'nested' });
   * // => 0 nested
   * ```
   */
  get scopes$(): Observable<NestedScope> {
    return lifetimeOf(this).watch().scopes$ as Observable<NestedScope>; // Only AsyncScopes are announced.
  }

  /**
   * Closes by blocking, for `using`: see {@link DelayedResult.block}. Throws the error of the close, unless that has reached a
   * caller before. Where blocking is impossible, it cancels the scope and throws a {@link BlockingError}.
   *
   * @example
   * ```ts
   * import { AsyncScope, tamed } from 'async-tamer';
   *
   * const scope = new AsyncScope();
   * {
   *   using batch = scope;
   *   batch.start(tamed(() => 1)());
   * }
   * console.log(scope.closed);
   * // => true
   * ```
   */
  [Symbol.dispose](): void {
    dispose(this, titleOf(this.name), this[Symbol.dispose]);
  }

  /** Closes, for `await using`. Rejects with the error of the close, unless that has reached a caller before. */
  [Symbol.asyncDispose](): Promise<void> {
    return disposeAsync(this);
  }

  /** @internal */
  [printed](...args: PrintArgs): string {
    return print('AsyncScope', (printer) => printScope(this, printer), args);
  }

  /**
   * Makes a scope, runs `body` in it, closes the scope, and emits the last value of what `body` returned, which may have any
   * shape that {@link tamed} takes: the whole `with` statement as one cold call.
   *
   * If the body fails, the scope is cancelled, and the run fails with the same error; if children failed too, with a
   * {@link ScopeError} that has it as its `cause`. If the scope is cancelled, so is the body. A body that returns all the same
   * has succeeded; otherwise the run fails with the error of the close, or with a {@link CancelledError}. Unsubscribing cancels
   * the scope.
   *
   * @example
   * ```ts
   * import { AsyncScope, sleep, tamed } from 'async-tamer';
   *
   * const double = tamed(function* (n: number) { yield* sleep(n); return 2 * n; });
   * const sum = AsyncScope.run(function* (scope) {
   *   const results = [1, 2, 3].map((n) => scope.start(double(n)));
   *   return (yield* results[0]) + (yield* results[2]);
   * });
   * console.log(await sum);
   * // => 8
   * ```
   */
  static run<R>(body: (scope: AsyncScope) => R, options?: AsyncScopeOptions): TamedCall<Emitted<R>> {
    if (typeof body !== 'function') {
      throw startStackAt(
        new TypeError(`AsyncScope.run() takes a function, but got ${quote(body)}.`),
        AsyncScope.run,
      );
    }
    check(options, AsyncScope.run);
    return new CallOfRun<AsyncScope, AsyncScopeOptions, Emitted<R>>(scopes, body, options);
  }
}

const scopes: Scopes<AsyncScope, AsyncScopeOptions> = {
  make: (options) => new AsyncScope(options),
  lifetimeOf: (scope) => lifetimeOf(scope),
};

const ADVICE = 'Start it before the scope closes, or in a scope of its own.';

function check(options: AsyncScopeOptions | undefined, entry: unknown): CheckedOptions {
  return checked(options, (parent) => parent instanceof AsyncScope, entry);
}

/** The call that a child will run. `entry`: the function on the stack that user code has called. */
function callOfChild<T>(source: unknown, entry: unknown): TamedCall<T> {
  takeOver(source);
  return isGenerator(source)
    ? callOfGenerator(source as AnyGenerator<T>, 'AsyncScope.start()', entry)
    : callOf<T>(source, 'AsyncScope.start()', entry);
}
