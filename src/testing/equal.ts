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
    Object.getPrototypeOf(actual) === Object.getPrototypeOf(expected) && kindOf(actual) === kindOf(expected)
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
    /^(?:WeakMap|WeakSet|WeakRef|Blob|File)$/.test(kindOf(value))
  );
}

function contentOf(value: object): unknown[] {
  if (value instanceof Error) {
    const { name, message, cause, errors } = value as Error & { errors?: unknown };
    return [name, message, cause, errors]; // The errors of an AggregateError are not enumerable.
  }
  switch (kindOf(value)) {
    case 'Map':
    case 'Set':
    case 'URLSearchParams':
    case 'Headers':
    case 'FormData':
      return Array.from(value as Iterable<unknown>);
    case 'Date':
    case 'Number':
    case 'String':
    case 'Boolean':
    case 'BigInt':
    case 'Symbol':
      return [value.valueOf()];
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return Array.from(new Uint8Array(value as ArrayBuffer));
    case 'DataView': {
      const { buffer, byteOffset, byteLength } = value as DataView;
      return Array.from(new Uint8Array(buffer, byteOffset, byteLength));
    }
    case 'RegExp':
    case 'URL':
      return [(value as RegExp | URL).toString()];
    default:
      return [];
  }
}

/** What it is to the platform: also of another realm. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
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
