import { Observable, type ObservableInput, type ObservedValueOf } from 'rxjs';

/**
 * The platform's own Observable, which is not that of RxJS: what `button.when('click')` gives in browsers that have it. Only what
 * tells it from others is declared, since TypeScript does not know it.
 *
 * @example
 * ```ts
 * import { tamed, type PlatformObservable } from 'async-tamer';
 *
 * const clicks = (target: { when(type: 'click'): PlatformObservable<Event> }) => tamed.from(target.when('click'));
 * console.log(clicks.length);
 * // => 1
 * ```
 */
export interface PlatformObservable<T> {
  /** Subscribes, until the signal aborts. */
  subscribe(
    observer?: {
      next?(value: T): void;
      error?(error: unknown): void;
      complete?(): void;
    },
    options?: { signal?: AbortSignal },
  ): void;
  /** The promise of its first value. */
  first(options?: { signal?: AbortSignal }): Promise<T>;
}

/**
 * Whatever RxJS can subscribe to, or the platform's own Observable.
 *
 * @inline
 */
export type Source<T> = ObservableInput<T> | PlatformObservable<T>;

/**
 * What a source emits.
 *
 * @inline
 */
export type ValueOf<S> =
  S extends ObservableInput<unknown> ? ObservedValueOf<S> : S extends PlatformObservable<infer T> ? T : never;

/** By its name, since it may be one of another frame. */
export function isPlatformObservable(value: unknown): value is PlatformObservable<unknown> {
  return (
    typeof value === 'object' &&
    Object.prototype.toString.call(value) === '[object Observable]' &&
    typeof (value as Partial<PlatformObservable<unknown>>).subscribe === 'function'
  );
}

/** The same as an Observable of RxJS: its signal aborts when that is unsubscribed, in a synchronous first segment, too. */
export function fromPlatform<T>(source: PlatformObservable<T>): Observable<T> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    subscriber.add(() => controller.abort());
    source.subscribe(
      {
        next: (value) => subscriber.next(value),
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      },
      { signal: controller.signal },
    );
  });
}
