import {
  computed,
  effect,
  untracked,
  type BaseResourceOptions,
  type ResourceLoaderParams,
  type ResourceRef,
} from '@angular/core';
import { rxResource } from '@angular/core/rxjs-interop';
import { fromEvent, merge, Subject, takeUntil } from 'rxjs';

import { quote, startStackAt } from '../execution/errors.ts';
import type { Emitted } from '../call/function-execution.ts';
import { tamed } from '../call/tamed.ts';
import { within } from '../scope/within.ts';
import { currentInjector, injectAsyncScope } from './inject.ts';

/**
 * The options of {@link tamedResource}: those of Angular's `rxResource`, whose `stream` may be any tamed or asynchronous function.
 *
 * @example
 * ```ts
 * import { sleep } from 'async-tamer';
 * import { tamedResource, type TamedResourceOptions } from 'async-tamer/angular';
 *
 * const clock: TamedResourceOptions<undefined, Generator<never, string>> = {
 *   *stream() {
 *     yield* sleep(1000);
 *     return new Date().toLocaleTimeString();
 *   },
 * };
 * export class Clock { // a component
 *   readonly time = tamedResource(clock);
 * }
 * ```
 */
export interface TamedResourceOptions<P, R> extends BaseResourceOptions<Emitted<R>, P> {
  /**
   * Called for each value of `params` that is not `undefined`, and for each `reload()`. It may have any shape that
   * {@link tamed} takes: a generator function, an async function, a function that returns a call or an Observable. The resource
   * has its last value.
   */
  stream: (params: ResourceLoaderParams<P>) => R;
  /**
   * Whether the next call begins while the one before it still cleans up. Default: `false`, so there is never more than one at
   * a time, and of the calls that wait only the latest begins.
   */
  overlap?: boolean | undefined;
}

/**
 * A resource whose value comes from calls. When `params` change, or the resource is reloaded, set or destroyed, the running
 * call is cancelled and cleans up. The next call begins when that is over.
 *
 * In everything else it is Angular's `rxResource`: its status, `hasValue()`, errors, and `whenStable()`, which waits for the
 * first value. An error of a cleanup goes to Angular's `ErrorHandler`. It is experimental as long as Angular's is. Throws
 * outside of an injection context if no `injector` is given.
 *
 * @example
 * ```ts
 * import { signal } from '@angular/core';
 * import { sleep, tamed } from 'async-tamer';
 * import { tamedResource } from 'async-tamer/angular';
 *
 * export class SearchBox { // a component
 *   readonly query = signal('');
 *   readonly hits = tamedResource({
 *     params: () => this.query() || undefined, // undefined: nothing to ask
 *     *stream({ params, abortSignal }) {
 *       yield* sleep(300); // debounces: the next query cancels it here
 *       const response = yield* tamed.from(fetch(`/search?q=${params}`, { signal: abortSignal }));
 *       return yield* tamed.from(response.json() as Promise<string[]>);
 *     },
 *     defaultValue: [],
 *   });
 * }
 * ```
 */
export function tamedResource<P, R>(
  options: TamedResourceOptions<P, R> & { defaultValue: NoInfer<Emitted<R>> },
): ResourceRef<Emitted<R>>;
/** Without a `defaultValue` the value is `undefined` until there is one. */
export function tamedResource<P, R>(options: TamedResourceOptions<P, R>): ResourceRef<Emitted<R> | undefined>;
export function tamedResource<P, R>(
  options: TamedResourceOptions<P, R>,
): ResourceRef<Emitted<R> | undefined> {
  const { stream, overlap = false, ...rest } = options;
  check(stream, overlap);
  const injector = options.injector ?? currentInjector(tamedResource);
  const scope = injectAsyncScope({
    injector,
    errorMode: 'continue', // A failed call is the resource's error, and the next one may succeed.
    concurrency: overlap ? undefined : 1,
  });
  const call = tamed(stream);
  const idle = new Subject<void>();
  const asked = askedOnce(options.params);
  const resource = rxResource<Emitted<R>, P>({
    ...rest,
    ...(asked && { params: asked.params }),
    injector,
    // The signal aborts before Angular 21 can unsubscribe, where the call sets or destroys the resource as it begins.
    stream: (params) =>
      call(params).pipe(within(scope), takeUntil(merge(idle, fromEvent(params.abortSignal, 'abort')))),
  });
  // When there is nothing to ask for, Angular lets the call go on and drops what it emits. This ends the call.
  if (asked !== undefined) {
    effect(() => (asked.nothing() ? untracked(() => idle.next()) : undefined), { injector });
  }
  return resource;
}

/** The params, computed once for Angular and for this file, which learns whether there is nothing to ask for. */
function askedOnce<P>(params: ((...context: never[]) => P) | undefined) {
  if (params === undefined) {
    return undefined;
  }
  let given: never[] = []; // by Angular 22: the context of params, the same at each call
  const value = computed(() => params(...given));
  return {
    params: (...context: never[]): P => {
      given = context;
      return value();
    },
    /** Also where the params throw: Angular reports that, or makes it the error of the resource. */
    nothing(): boolean {
      try {
        return value() === undefined;
      } catch {
        return true;
      }
    },
  };
}

function check(stream: unknown, overlap: unknown): void {
  if (typeof stream !== 'function') {
    throw complaint(`The option "stream" is a function, but got ${quote(stream)}.`);
  }
  if (typeof overlap !== 'boolean') {
    throw complaint(`The option "overlap" is true or false, but got ${quote(overlap)}.`);
  }
}

function complaint(message: string): TypeError {
  return startStackAt(new TypeError(message), tamedResource);
}
