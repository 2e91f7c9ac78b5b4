/// <reference lib="esnext.disposable" preserve="true" />
// Kept in the declarations: where the target is older than `using`, as in Angular's projects, no other file brings its types.

// The room `scope`: who owns calls, and until when.
//
// It promises to users and entry points: when a scope has closed, nothing of it runs, and each failure has reached somebody.
// It takes from `call`: how a call is begun under an owner. It takes from `execution`: that a cancelled call says when it has ended.

import type { Observable } from 'rxjs';

import { callOf, callOfGenerator, type TamedCall } from '../call/call.ts';
import type { Source } from '../call/platform-observable.ts';
import { registry } from '../execution/registry.ts';
import type { Child, ChildInfo } from './child.ts';
import type { AnyGenerator } from '../call/coroutine.ts';
import { quote, ScopeClosedError, startStackAt } from '../execution/errors.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { currentExecution } from '../execution/execution.ts';
import type { Nesting, ScopeEvent } from './events.ts';
import { watchDrop } from './dropped-scope.ts';
import { print, printed, printScope, type PrintArgs } from '../result/print.ts';
import { Lifetime } from './lifetime.ts';
import { announce } from './announce.ts';
import { checked, titleOf, type CheckedOptions } from './options.ts';
import { cancelledResult, type DelayedResult } from '../result/result.ts';
import { CallOfRun } from './run.ts';
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
  /** What closing does with children that still run: `wait` (the default), `cancel`, or cancel and `raise`. */
  exitMode?: 'wait' | 'cancel' | 'raise' | undefined;
  /** What a failing child means for the others: `cancel` (the default) or `continue`. */
  errorMode?: 'cancel' | 'continue' | undefined;
  /** How many children run at once; the rest wait in a queue, first come, first served. Default: no limit. */
  concurrency?: number | undefined;
  /** After so many ms the scope is cancelled, and closing raises RxJS's `TimeoutError`. Default: no limit. */
  timeout?: number | undefined;
  /**
   * For so many ms a cancelled child may clean up; then a `CleanupTimeoutError` names it, and the scope closes without it. Default:
   * 30 000. `Infinity`: no limit.
   */
  cleanupTimeout?: number | undefined;
  /** Cancels the scope when it aborts. */
  signal?: AbortSignal | undefined;
  /** The scope this one is nested in: it cancels this one, and closes only after it. */
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

/** What a scope owns; for the operator alone. */
export let lifetimeOf: (scope: AsyncScope) => Lifetime;

/**
 * Owns calls: when a scope has closed, nothing it started is still running, cleanup included, and no failure is lost.
 *
 * Made inside a tamed call, without `parent`, it is cancelled when that call is. Wrong options throw a `TypeError`.
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
  readonly #lifetime: Lifetime;
  /** The name given to it, or ''. */
  readonly name: string;

  constructor(options: AsyncScopeOptions = {}) {
    const { parent, ...rest } = check(options, AsyncScope);
    const owner = parent === undefined ? currentExecution() : undefined;
    if (parent?.closed === true && lifetimeOf(parent).refused === undefined) {
      throw startStackAt(
        new ScopeClosedError(`${parent.#title} has closed, so no scope can be nested in it.`),
        AsyncScope,
      );
    }
    this.name = rest.name;
    this.#lifetime = new Lifetime({ ...rest, parent: parent && lifetimeOf(parent), owner });
    announce(this, parent && lifetimeOf(parent));
    watchDrop(this, this.#lifetime);
    registry?.opened(this.#lifetime, this.name);
  }

  static {
    lifetimeOf = (scope) => scope.#lifetime;
  }

  /**
   * Makes `source` a child: subscribes at once, synchronously, or queues it under `concurrency`. A generator is run as a
   * coroutine. Returns the result, of which nobody has to take care: what nobody awaits, closing raises.
   *
   * In a cancelled scope nothing is run, and the result is cancelled. Throws a {@link ScopeClosedError} if the scope has
   * closed otherwise, a `TypeError` for what is no source; what is thrown while subscribing is the child's failure.
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
  start<T>(source: unknown, options: StartOptions = {}): DelayedResult<T> {
    const { signal, name, service } = checkStart(options, this.start);
    const lifetime = this.#lifetime;
    const call: TamedCall<T> = isGenerator(source)
      ? callOfGenerator(source as AnyGenerator<T>, 'AsyncScope.start()', this.start)
      : callOf<T>(source, 'AsyncScope.start()', this.start);
    takeOver(source);
    const refused = lifetime.refused ?? (lifetime.closed ? undefined : refusedBy(signal));
    if (refused !== undefined) {
      return cancelledResult(refused);
    }
    if (lifetime.closed) {
      throw startStackAt(
        new ScopeClosedError(`${this.#title} has closed, so it cannot start another child. ${ADVICE}`),
        this.start,
      );
    }
    const child = lifetime.child<T>(call, this.start, { name, service });
    cancelBy(signal, child);
    lifetime.admit(child);
    return child.result;
  }

  get #title(): string {
    return titleOf(this.name);
  }

  /**
   * Cancels every child, in the order of their start, and drops the queue; `reason` becomes the `cause` of the
   * `CancelledError` of those who wait. Synchronous cleanup is over when it returns; {@link close} waits for the rest. The
   * scope stays cancelled. Doing it twice, or after the close, does nothing.
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
    const cancellation = new Cancellation(reason);
    startStackAt(cancellation.error, this.cancel); // Whoever is cancelled sees who did it.
    this.#lifetime.stop(cancellation);
  }

  /**
   * Begins to close, by the exit mode, at this call; the same result every time. It completes, with `undefined`, when every
   * child and every cleanup has ended.
   *
   * It fails with a {@link ScopeError} that holds the failures delivered to nobody and the errors of cleanups; else with
   * RxJS's `TimeoutError`, if time ran out and cut something off; else with an {@link AwaitError}. If nobody has asked a
   * macrotask later, the error goes to the parent, or to RxJS's `config.onUnhandledError`. A child that waits for it gets a
   * {@link BlockingError} at once.
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
    return this.#lifetime.close();
  }

  /**
   * Ends in an orderly way, as `SIGTERM` wants it: as {@link close}, but the queue is dropped, later starts are refused quietly, and
   * what runs may finish, whatever the exit mode. After `timeout` ms it is cancelled; that is no failure. Gives what `close()`
   * gives. Doing it again can but shorten the time. Throws a `TypeError` for what is no option.
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
    return this.#lifetime.shutdown(checkShutdown(options, this.shutdown));
  }

  /** Whether everything has finished: closing has begun, and no child and no cleanup is left. */
  get closed(): boolean {
    return this.#lifetime.closed;
  }

  /** Whether it was cancelled: by {@link cancel}, a failure, its timeout, its signal, its parent or its exit mode. */
  get cancelled(): boolean {
    return this.#lifetime.cancellation !== undefined;
  }

  /** How many children are running, queued, or cleaning up. */
  get size(): number {
    return this.#lifetime.children.size;
  }

  /** A snapshot of the children that are running, queued, or cleaning up, in the order of their start. */
  get children(): readonly ChildInfo[] {
    return [...this.#lifetime.children].map((child: Child) => child.info);
  }

  /** A signal that aborts when the scope is cancelled: with the reason, or an `AbortError` where there is none. */
  get signal(): AbortSignal {
    return this.#lifetime.signal.get(this.#lifetime.cancellation);
  }

  /**
   * What the children emit, merged, as it comes. Hot; completes when the scope closes, and never errors.
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
    return this.#lifetime.broadcast.values$;
  }

  /**
   * What happens to each child: see {@link ScopeEvent}. Hot; completes when the scope closes, and never errors. It costs
   * nothing while nobody is subscribed.
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
    return this.#lifetime.broadcast.events$;
  }

  /**
   * The scopes that are made in it: by a child, by the body of its run, or with it as `parent`. Hot; completes when the scope
   * closes, and never errors. It costs nothing while nobody is subscribed.
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
    return this.#lifetime.broadcast.scopes$ as Observable<NestedScope>; // Others are not announced.
  }

  /**
   * Closes by blocking, for `using`: see {@link DelayedResult.block}. What closing raises it throws, unless somebody has been
   * told before. Where blocking is impossible it cancels the scope, and throws a {@link BlockingError}.
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
    dispose(this, this.#title, this[Symbol.dispose]);
  }

  /** Closes, for `await using`. What closing raises it rejects with, unless somebody has been told before. */
  [Symbol.asyncDispose](): Promise<void> {
    return disposeAsync(this);
  }

  /** @internal */
  [printed](...args: PrintArgs): string {
    return print('AsyncScope', (printer) => printScope(this, printer), args);
  }

  /**
   * Makes a scope, runs `body` in it, closes the scope, and emits the last value of what `body` returned, of any shape that
   * {@link tamed} takes: the whole `with` statement as one cold call.
   *
   * If the body fails, the scope is cancelled and the error is rethrown as it is; in a {@link ScopeError} as its `cause`, if
   * children failed too. If the scope is cancelled, so is the body; one that returns all the same has succeeded, else the
   * run fails with what closing raises, or with a {@link CancelledError}. Unsubscribing cancels the scope.
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
  static run<R>(body: (scope: AsyncScope) => R, options: AsyncScopeOptions = {}): TamedCall<Emitted<R>> {
    if (typeof body !== 'function') {
      throw startStackAt(
        new TypeError(`AsyncScope.run() takes a function, but got ${quote(body)}.`),
        AsyncScope.run,
      );
    }
    check(options, AsyncScope.run);
    return new CallOfRun<AsyncScope, Emitted<R>>(() => {
      const scope = new AsyncScope(options);
      return { scope, lifetime: scope.#lifetime };
    }, body);
  }
}

const ADVICE = 'Start it before the scope closes, or in a scope of its own.';

function check(options: AsyncScopeOptions, entry: unknown): CheckedOptions<AsyncScope> {
  return checked(options, (parent) => parent instanceof AsyncScope, entry);
}
