import {
  assertInInjectionContext,
  DestroyRef,
  ElementRef,
  inject,
  Injector,
  PendingTasks,
} from '@angular/core';

import { cascade } from '../execution/cascade.ts';
import { checkOptions } from '../execution/check-options.ts';
import { outside } from '../execution/current-call.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import { AsyncScope, lifetimeOf, type AsyncScopeOptions } from '../scope/scope.ts';
import { scopeOptions } from '../scope/options.ts';
import { addEnding } from './closing.ts';
import { Reporter } from './reporter.ts';
import { supervise } from '../scope/supervisor.ts';
import { Supervision } from './supervision.ts';
import { keepTimersOutside } from './zone.ts';

/**
 * The options of an injected scope.
 *
 * @example
 * ```ts
 * import { Injector } from '@angular/core';
 * import { injectAsyncScope, type InjectAsyncScopeOptions } from 'async-tamer/angular';
 *
 * const injector = Injector.create({ providers: [] });
 * const patient: InjectAsyncScopeOptions = { injector, errorMode: 'continue', name: 'search' };
 * console.log(injectAsyncScope(patient).name);
 * injector.destroy();
 * // => search
 * ```
 */
export interface InjectAsyncScopeOptions extends AsyncScopeOptions {
  /** Its `DestroyRef` cancels the scope. Default: the injector of the injection context, which is required then. */
  injector?: Injector | undefined;
  /**
   * Whether `whenStable()` and server-side rendering wait while a child runs, is queued, or cleans up. Default: `false`. With
   * `true`, a child that never ends, such as one that polls, keeps a server from ever answering.
   */
  pendingTasks?: boolean | undefined;
}

/**
 * Makes a scope that lives as long as the component, directive, service or environment it is made in. When that is destroyed,
 * the scope is cancelled, and it closes when all cleanup has ended. If that has been destroyed already, the scope starts
 * cancelled: what is started in it never runs, and no error is thrown. Its `exitMode` counts only when you close it yourself.
 *
 * Its options are those of {@link AsyncScope}, `injector`, and `pendingTasks`. Once cancelled, for whatever reason, it closes
 * by itself. A failure that was delivered to no caller goes to Angular's `ErrorHandler`, as it is, as soon as nothing runs in
 * the scope any more. With the default `errorMode` a failure cancels the scope for good; where the user may try again, use
 * `continue`.
 *
 * Throws outside of an injection context if no `injector` is given, and throws a `TypeError` for wrong options.
 *
 * @example
 * ```ts
 * import { Injector } from '@angular/core';
 * import { sleep } from 'async-tamer';
 * import { injectAsyncScope } from 'async-tamer/angular';
 *
 * const injector = Injector.create({ providers: [] });
 * const scope = injectAsyncScope({ injector }); // in a component or service: readonly #scope = injectAsyncScope();
 * const result = scope.start(sleep(1000));
 * injector.destroy();
 * console.log(result.status, scope.start(sleep(1)).status);
 * // => cancelled cancelled
 * ```
 */
export function injectAsyncScope(options: InjectAsyncScopeOptions = {}): AsyncScope {
  const { injector: given, pendingTasks = false, ...rest } = check(options);
  const injector = given ?? currentInjector(injectAsyncScope);
  keepTimersOutside();
  const scope = makeScope(rest);
  const destroyRef = livingDestroyRef(injector);
  if (scope.cancelled || destroyRef === undefined || !endWith(destroyRef, injector, scope)) {
    scope.cancel();
    scope.close();
    return scope;
  }
  const lifetime = lifetimeOf(scope);
  const settings = {
    cancelled: () => addEnding(scope),
    nested: rest.parent !== undefined,
    pendingTasks: pendingTasks ? injector.get(PendingTasks) : undefined,
  };
  supervise(lifetime, new Supervision(lifetime, new Reporter(injector), settings));
  return scope;
}

/** The injector of the injection context in which `entry` is called. */
export function currentInjector(entry: (...args: never[]) => unknown): Injector {
  try {
    assertInInjectionContext(entry);
  } catch (cause) {
    const message =
      `${entry.name}() is called outside of an injection context, and without an injector. ` +
      'Call it in a field initializer or a constructor, or give it { injector }.';
    throw startStackAt(new Error(message, { cause }), entry);
  }
  return inject(Injector);
}

/** Makes a scope that belongs to no call: a service may be made by the first call that needs it, and outlives that call. */
function makeScope(options: AsyncScopeOptions): AsyncScope {
  let made: AsyncScope | undefined;
  try {
    outside(() => {
      made = new AsyncScope(options);
    });
  } catch (error) {
    throw error instanceof Error ? startStackAt(error, injectAsyncScope) : error;
  }
  return made as AsyncScope; // Otherwise it has thrown.
}

const known = ['injector', 'pendingTasks'] satisfies readonly (keyof InjectAsyncScopeOptions)[];

function check(options: InjectAsyncScopeOptions): InjectAsyncScopeOptions {
  checkOptions('injectAsyncScope()', options, [...scopeOptions, ...known], injectAsyncScope);
  const { injector, pendingTasks } = options;
  if (injector !== undefined && !isInjector(injector)) {
    throw complaint(`The option "injector" is an Injector, but got ${quote(injector)}.`);
  }
  if (pendingTasks !== undefined && typeof pendingTasks !== 'boolean') {
    throw complaint(`The option "pendingTasks" is true or false, but got ${quote(pendingTasks)}.`);
  }
  return options;
}

function isInjector(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function';
}

function complaint(message: string): TypeError {
  return startStackAt(new TypeError(message), injectAsyncScope);
}

/** The `DestroyRef` of the injector; undefined if its context has been destroyed. */
function livingDestroyRef(injector: Injector): DestroyRef | undefined {
  return unlessDestroyed(() => {
    const destroyRef = injector.get(DestroyRef);
    // Read first, since this does not throw. Angular 20.0 does not have the property.
    return (destroyRef as { destroyed?: boolean }).destroyed === true ? undefined : destroyRef;
  });
}

/** The scopes that end together, by what they end with: the element of a component or a directive, or an environment. */
const together = new WeakMap<object, Set<AsyncScope>>();

/**
 * Ends the scope when that context is destroyed, unless it has closed before; false if that has been destroyed.
 *
 * Angular ends one scope after the other. But the first one cancels all, so that a call that awaits a result of another scope is
 * cancelled before it is told of the cancel of that.
 */
function endWith(destroyRef: DestroyRef, injector: Injector, scope: AsyncScope): boolean {
  const key = keyOf(destroyRef, injector);
  const scopes = together.get(key) ?? new Set<AsyncScope>();
  const unregister = unlessDestroyed(() =>
    destroyRef.onDestroy(() => {
      cascade(() => [...scopes].forEach((each) => each.cancel()));
      scope.close();
    }),
  );
  if (unregister === undefined) {
    return false;
  }
  together.set(key, scopes.add(scope));
  const leave = (): void => {
    scopes.delete(scope);
    unregister();
  };
  scope.values$.subscribe({ complete: leave });
  return true;
}

/** An environment is its own `DestroyRef`. An element has another one for each caller that asks. */
function keyOf(destroyRef: DestroyRef, injector: Injector): object {
  const element = injector.get(ElementRef, null, { optional: true })?.nativeElement as unknown;
  return typeof element === 'object' && element !== null ? element : destroyRef;
}

/** The result of `ask`; undefined if Angular says that the injector (NG0205) or the view (NG0911) has been destroyed. */
function unlessDestroyed<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Error && /^NG0(?:205|911)\b/.test(error.message)) {
      return undefined;
    }
    throw error;
  }
}
