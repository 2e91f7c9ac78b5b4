import { Observable } from 'rxjs';

// Tells the kind of a value by what the value can do: other realms and other copies of a library have classes of their own.

export function isObservable(value: unknown): boolean {
  if (value instanceof Observable) {
    return true;
  }
  // RxJS's own key, where the platform has no Symbol.observable: two copies of RxJS understand each other by it.
  const key = (Symbol as { observable?: symbol }).observable ?? '@@observable';
  return hasMethod(value, key);
}

/** Whether it is a promise of the language and nothing else: of no derived class, and with no `then` of its own. */
export function isNativePromise(value: unknown): boolean {
  const { prototype } = Promise;
  return (
    value instanceof Promise && Object.getPrototypeOf(value) === prototype && value.then === prototype.then
  );
}

export function isPromise(value: unknown): boolean {
  return value instanceof Promise || hasMethod(value, 'then');
}

export function isAsyncIterable(value: unknown): boolean {
  return hasMethod(value, Symbol.asyncIterator) || isWebStream(value);
}

/** A stream of the web platform. Not every browser can iterate it. */
export function isWebStream(value: unknown): value is ReadableStream<unknown> {
  return hasMethod(value, 'getReader') && hasMethod(value, 'cancel');
}

/** It is recognised by its methods, since transpiled generators are plain objects. */
export function isGenerator(value: unknown): boolean {
  return (
    hasMethod(value, 'next') &&
    hasMethod(value, 'throw') &&
    hasMethod(value, 'return') &&
    hasMethod(value, Symbol.iterator)
  );
}

export function hasMethod(value: unknown, key: PropertyKey): boolean {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
    return false;
  }
  return typeof (value as Record<PropertyKey, unknown>)[key] === 'function';
}
