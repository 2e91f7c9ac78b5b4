import { inspect, types } from 'node:util';

import { EmptyError, TimeoutError, UnsubscriptionError } from 'rxjs';

import {
  AwaitError,
  BlockingError,
  CancelledError,
  CleanupTimeoutError,
  propertyOf,
  ResultUnavailableError,
  ScopeClosedError,
  ScopeError,
} from '../execution/errors.ts';
import { FleetError } from './fleet-error.ts';
import { ThreadError } from './thread-error.ts';

/**
 * An error, or another thrown value, as it travels from one thread to another. Structured cloning can copy errors, but it keeps
 * neither their own properties nor their class, and it refuses the whole error for one property that it cannot clone.
 */
export type Failure =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'list'; readonly items: readonly Failure[] }
  | { readonly kind: 'record'; readonly entries: Entries }
  | EncodedError;

type Entries = readonly (readonly [key: string, value: Failure])[];

/** Invariant: an error that is its own cause, directly or not, is one object here as well. Cloning keeps that. */
interface EncodedError {
  readonly kind: 'error';
  readonly type: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** The properties `cause` and `errors`, which consoles do not list. */
  hidden: Entries;
  /** All other own properties. */
  own: Entries;
}

/**
 * The classes that an error keeps on the other side. An error of any other class becomes one of the nearest class that it
 * extends.
 */
const classes: ReadonlyMap<unknown, string> = new Map(
  [
    ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError],
    ...[AwaitError, BlockingError, CancelledError, CleanupTimeoutError, ResultUnavailableError],
    ...[ScopeClosedError, ScopeError, ThreadError, FleetError],
  ].map((Class) => [Class.prototype, Class.prototype.name]),
);
const dom = 'DOMException';
const fromRxjs: ReadonlyMap<string, object> = new Map(
  Object.entries({ EmptyError, TimeoutError, UnsubscriptionError }).map(([name, { prototype }]) => [
    name,
    prototype as object,
  ]),
);
const prototypes: ReadonlyMap<string, object> = new Map([
  ...fromRxjs,
  ...[...classes].map(([prototype, name]) => [name, prototype as object] as const),
]);

/** Encodes a thrown value for the journey. Never throws. */
export function encode(thrown: unknown): Failure {
  return new Encoder().encode(thrown, 3);
}

/** How many errors are kept inside each other, each the cause of the one around it. What copies them needs the stack. */
const LEVELS = 100;

class Encoder {
  readonly #seen = new Map<Error, EncodedError>();
  // The errors around the one that is being encoded.
  #level = 0;

  /** `depth`: how many levels of a value that cannot be cloned as a whole are encoded one by one. */
  encode(value: unknown, depth: number): Failure {
    const level = this.#level;
    try {
      return this.#encode(value, depth);
    } catch {
      this.#level = level;
      return { kind: 'value', value: describe(value) }; // A trap of a proxy has thrown.
    }
  }

  #encode(value: unknown, depth: number): Failure {
    if (isError(value)) {
      return this.#level < LEVELS
        ? this.#encodeError(value, depth)
        : { kind: 'value', value: describe(value) };
    }
    if (Array.isArray(value) && depth > 0) {
      return { kind: 'list', items: value.map((item) => this.encode(item, depth - 1)) };
    }
    if (isCloneable(value)) {
      return { kind: 'value', value };
    }
    if (isPlain(value) && depth > 0) {
      return { kind: 'record', entries: this.#entriesOf(value, Object.keys(value), depth - 1) };
    }
    return { kind: 'value', value: describe(value) };
  }

  #encodeError(error: Error, depth: number): EncodedError {
    const seen = this.#seen.get(error);
    if (seen !== undefined) {
      return seen;
    }
    const encoded: EncodedError = {
      kind: 'error',
      type: typeOf(error),
      name: textOf(error, 'name') ?? 'Error',
      message: textOf(error, 'message') ?? '',
      stack: textOf(error, 'stack'),
      hidden: [],
      own: [],
    };
    this.#seen.set(error, encoded);
    this.#level++;
    const keys = Object.keys(error).filter((key) => !special.has(key));
    encoded.own = this.#entriesOf(error, keys, depth);
    encoded.hidden = this.#entriesOf(
      error,
      ['cause', 'errors'].filter((key) => Object.hasOwn(error, key)),
      Math.max(depth, 1),
    );
    this.#level--;
    return encoded;
  }

  #entriesOf(object: object, keys: readonly string[], depth: number): Entries {
    return keys.map((key) => {
      try {
        return [key, this.encode((object as Record<string, unknown>)[key], depth)];
      } catch (error) {
        return [key, { kind: 'value', value: `[${key} cannot be read: ${String(error)}]` }];
      }
    });
  }
}

const special = new Set(['name', 'message', 'stack', 'cause', 'errors']);

function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function typeOf(error: Error): string {
  if (typeof DOMException === 'function' && error instanceof DOMException) {
    return dom;
  }
  for (let prototype: unknown = Object.getPrototypeOf(error); prototype instanceof Object;) {
    const name = classes.get(prototype) ?? [...fromRxjs].find(([, each]) => each === prototype)?.[0];
    if (name !== undefined) {
      return name;
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return 'Error';
}

/** The text that a getter returns; undefined if it throws, or returns no text. */
function textOf(error: Error, key: 'name' | 'message' | 'stack'): string | undefined {
  const text = propertyOf(error, key);
  return typeof text === 'string' ? text : undefined;
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function describe(value: unknown): string {
  try {
    return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 10 });
  } catch {
    return `[${typeof value}]`;
  }
}

/** The value that was thrown in the other thread, as it was there. */
export function decode(failure: Failure): unknown {
  return decodeAll(failure, new Map());
}

function decodeAll(failure: Failure, seen: Map<Failure, Error>): unknown {
  switch (failure.kind) {
    case 'value':
      return failure.value;
    case 'list':
      return failure.items.map((item) => decodeAll(item, seen));
    case 'record':
      return Object.fromEntries(failure.entries.map(([key, value]) => [key, decodeAll(value, seen)]));
    case 'error':
      return seen.get(failure) ?? decodeError(failure, seen);
  }
}

function decodeError(encoded: EncodedError, seen: Map<Failure, Error>): Error {
  const error = bare(encoded);
  seen.set(encoded, error);
  define(error, 'stack', encoded.stack, false);
  if (error.name !== encoded.name) {
    define(error, 'name', encoded.name, false);
  }
  encoded.hidden.forEach(([key, value]) => define(error, key, decodeAll(value, seen), false));
  encoded.own.forEach(([key, value]) => define(error, key, decodeAll(value, seen), true));
  return error;
}

function bare({ type, name, message }: EncodedError): Error {
  if (type === dom) {
    return new DOMException(message, name);
  }
  // First a genuine error, which debuggers and consoles recognise by its internals; then it is given its class.
  return Object.setPrototypeOf(new Error(message), prototypes.get(type) ?? Error.prototype) as Error;
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}
