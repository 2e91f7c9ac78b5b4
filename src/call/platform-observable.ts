import { Observable, type InteropObservable, type ObservableInput } from 'rxjs';

/**
 * The platform's own Observable, which is not that of RxJS. `button.when('click')` returns one in browsers that have it.
 * TypeScript does not know it, so only the members that identify it are declared.
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
 * Anything that RxJS can subscribe to, or the platform's own Observable.
 *
 * @inline
 */
export type Source<T> =
  | Observable<T>
  | InteropObservable<T>
  | AsyncIterable<T>
  | PromiseLike<T>
  | ArrayLike<T>
  | Iterable<T>
  | WebStream<T>
  // Whatever else RxJS takes. No value is inferred from it: it is told by those above.
  | ObservableInput<NoInfer<T>>
  | PlatformObservable<T>;

/**
 * A stream of the web. `getReader` has three overloads, and TypeScript infers from the last one, as RxJS's own type has it: by that
 * each value may also be bytes, or undefined. Here the one for values is in its place.
 *
 * @inline
 */
interface WebStream<T> {
  getReader(options: never): unknown;
  getReader(): { read(): PromiseLike<{ readonly value?: T | undefined }> };
  getReader(options?: never): unknown;
}

/**
 * The type of the values that a source emits.
 *
 * @inline
 */
export type ValueOf<S> = S extends Source<infer T> ? T : never;

/** It is recognised by its name, since it may be one of another frame. */
export function isPlatformObservable(value: unknown): value is PlatformObservable<unknown> {
  return (
    typeof value === 'object' &&
    Object.prototype.toString.call(value) === '[object Observable]' &&
    typeof (value as Partial<PlatformObservable<unknown>>).subscribe === 'function'
  );
}

/** The same as an Observable of RxJS. Its signal aborts when the subscription ends, also in a synchronous first segment. */
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
