import { isObservable } from 'rxjs';

import { isPlatformObservable } from '../call/platform-observable.ts';

/** Whether two values are the same to a test: alike in kind and in content, however deep, with cycles too. */
export function isEqual(actual: unknown, expected: unknown): boolean {
  return equal(actual, expected, new Map());
}

/** Pairs that are being compared further up: if all the rest is equal, so are they. */
type Compared = Map<object, Set<object>>;

function equal(actual: unknown, expected: unknown, compared: Compared): boolean {
  if (isMatcher(expected)) {
    return expected.asymmetricMatch(actual);
  }
  if (Object.is(actual, expected)) {
    return true;
  }
  if (!isObject(actual) || !isObject(expected) || !isSameKind(actual, expected)) {
    return false;
  }
  const others = compared.get(actual) ?? new Set();
  if (others.has(expected)) {
    return true;
  }
  compared.set(actual, others.add(expected));
  return isSameInside(actual, expected, compared) && isSameOutside(actual, expected, compared);
}

/** A pattern that stands for many values: `jasmine.any(Number)`, `expect.anything()`. */
interface Matcher {
  asymmetricMatch(actual: unknown): boolean;
}

function isMatcher(value: unknown): value is Matcher {
  return isObject(value) && typeof (value as Partial<Matcher>).asymmetricMatch === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isSameKind(actual: object, expected: object): boolean {
  return (
    Object.getPrototypeOf(actual) === Object.getPrototypeOf(expected) &&
    Object.prototype.toString.call(actual) === Object.prototype.toString.call(expected)
  );
}

/** Content that properties do not show. */
function isSameInside(actual: object, expected: object, compared: Compared): boolean {
  if (isOpaque(actual)) {
    return false;
  }
  const [own, other] = [contentOf(actual), contentOf(expected)];
  return own.length === other.length && own.every((each, index) => equal(each, other[index], compared));
}

/** Two of these are never alike, even if they look so. */
function isOpaque(value: object): boolean {
  return (
    isObservable(value) ||
    isPlatformObservable(value) ||
    value instanceof Promise ||
    value instanceof WeakMap ||
    value instanceof WeakSet
  );
}

function contentOf(value: object): unknown[] {
  if (value instanceof Error) {
    return [value.name, value.message, value.cause];
  }
  if (value instanceof Map || value instanceof Set) {
    return [...(value as Map<unknown, unknown> | Set<unknown>)];
  }
  if (
    value instanceof Date ||
    value instanceof Number ||
    value instanceof String ||
    value instanceof Boolean
  ) {
    return [value.valueOf()];
  }
  if (value instanceof ArrayBuffer) {
    return [...new Uint8Array(value)];
  }
  return value instanceof RegExp ? [String(value)] : [];
}

function isSameOutside(actual: object, expected: object, compared: Compared): boolean {
  const keys = keysOf(actual);
  return (
    keys.length === keysOf(expected).length &&
    keys.every(
      (key) =>
        Object.hasOwn(expected, key) &&
        equal((actual as Properties)[key], (expected as Properties)[key], compared),
    )
  );
}

type Properties = Record<PropertyKey, unknown>;

function keysOf(value: object): PropertyKey[] {
  const isEnumerable = (key: PropertyKey): boolean => Object.prototype.propertyIsEnumerable.call(value, key);
  return Reflect.ownKeys(value).filter(isEnumerable);
}
