// The room `call`: `tamed`, and a driver for each kind of thing that a function returns.
//
// It promises to the room above: any function can be run as an execution.
// It takes from `result`: the faces of a call (promise, `yield*`, `subscribe`). It takes from `execution`: that an execution ends
// once, after everything that it owns.

import type { InteropObservable, Observable } from 'rxjs';

import { CallOfAll } from './all.ts';
import {
  callOf,
  define,
  FunctionCall,
  isAsyncFunction,
  type Definition,
  type Fn,
  type TamedCall,
} from './call.ts';
import type { AnyGenerator } from './coroutine.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import type { Emitted } from './function-execution.ts';
import type { PlatformObservable, Source, ValueOf } from './platform-observable.ts';

/**
 * A leaf: a function that waits for something itself, in two implementations. `block()` uses `sync`, and everything else uses
 * `async`.
 *
 * @example
 * ```ts
 * import { tamed, type Leaf } from 'async-tamer';
 *
 * const leaf: Leaf<unknown, [path: string], string> = {
 *   sync: (path) => `all of ${path}`, // such as readFileSync(path, 'utf8')
 *   async: async (path) => `all of ${path}`, // such as readFile(path, 'utf8')
 * };
 * const read = tamed(leaf);
 * console.log(read('a.txt').block(), await read('b.txt'));
 * // => all of a.txt all of b.txt
 * ```
 */
export interface Leaf<This, Args extends unknown[], T> {
  /** Waits on the spot, and returns the value. */
  readonly sync: Fn<This, Args, T>;
  /** Returns a promise, an Observable or the like, which yields the value. */
  readonly async: Fn<This, Args, Emitting<T>>;
}

/**
 * Everything that emits a `T` by the table of shapes, except the value itself.
 *
 * @inline
 */
type Emitting<T> =
  | Observable<T>
  | InteropObservable<T>
  | PlatformObservable<T>
  | PromiseLike<T>
  | AsyncIterable<T>
  | AnyGenerator<T>;

/**
 * The types that a decorated method may return. For the compiler the method returns that type, though it returns a call; only
 * these types have something in common with a call.
 *
 * @inline
 */
type Late = Observable<unknown> | PromiseLike<unknown> | AsyncIterable<unknown> | AnyGenerator<unknown>;

/** As a standard method decorator. For the compiler an async method still returns a `Promise`; it returns a call. */
export function tamed<This, Args extends unknown[], R extends Late>(
  method: Fn<This, Args, R>,
  context: ClassMethodDecoratorContext<This, Fn<This, Args, R>>,
): Fn<This, Args, R>;
/** Refuses a method that returns any other type. Otherwise the compiler would take the decorator for `tamed(fn)`. */
export function tamed<This, Args extends unknown[], R>(
  method: Fn<This, Args, R>,
  context: ClassMethodDecoratorContext<This, Fn<This, Args, R>>,
): 'A decorated method returns a promise, an Observable, or a generator';
/** As a method decorator with `experimentalDecorators`. */
export function tamed<M extends Fn<never, never, Late>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
): TypedPropertyDescriptor<M>;
/** Makes a leaf with two implementations: `block()` uses `sync`, and everything else uses `async`. */
export function tamed<Args extends unknown[], T>(leaf: Leaf<void, Args, T>): (...args: Args) => TamedCall<T>;
/** Makes a leaf whose implementations use `this`. */
export function tamed<This, Args extends unknown[], T>(
  leaf: Leaf<This, Args, T>,
): (this: This, ...args: Args) => TamedCall<T>;
/** Makes a leaf with a name for messages and traces, in the place of the function's own. */
export function tamed<Args extends unknown[], T>(
  name: string,
  leaf: Leaf<void, Args, T>,
): (...args: Args) => TamedCall<T>;
/** Makes a leaf with a name, whose implementations use `this`. */
export function tamed<This, Args extends unknown[], T>(
  name: string,
  leaf: Leaf<This, Args, T>,
): (this: This, ...args: Args) => TamedCall<T>;
/**
 * Makes a tamed function with a name for messages and traces. Use it where the function has no good name: an arrow function, or
 * minified code.
 */
export function tamed<Args extends unknown[], R>(
  name: string,
  fn: Fn<void, Args, R>,
): (...args: Args) => TamedCall<Emitted<R>>;
/** Makes a tamed function with a name from a function that uses `this`. */
export function tamed<This, Args extends unknown[], R>(
  name: string,
  fn: Fn<This, Args, R>,
): (this: This, ...args: Args) => TamedCall<Emitted<R>>;
/**
 * Makes a function that waits callable from anywhere. Each call of the tamed function is a {@link TamedCall}: a cold Observable
 * that can also be awaited.
 *
 * The values that a call emits depend on what `fn` returns. A generator (which waits with `yield*`) gives its return value, a
 * promise its value, an Observable (of RxJS, or the platform's own) the values that it emits, and an async iterable the values
 * that it yields. Anything else, arrays and strings too, is itself the value. If `fn` throws, the call fails; the call itself
 * never throws.
 *
 * `this`, name, length and a generic signature survive. Of an overloaded function TypeScript keeps the last overload alone, so
 * give that the widest types, or write a tamed function for each.
 *
 * It is a method decorator, too: standard, and with `experimentalDecorators`. The type of a decorated method stays as it is: for
 * the compiler an async method still returns a `Promise`.
 *
 * @example
 * ```ts
 * import { sleep, tamed } from 'async-tamer';
 *
 * const shout = tamed(function* (word: string) {
 *   yield* sleep(10);
 *   return word.toUpperCase();
 * });
 * console.log(await shout('hello'));
 * // => HELLO
 * ```
 */
export function tamed<Args extends unknown[], R>(
  fn: Fn<void, Args, R>,
): (...args: Args) => TamedCall<Emitted<R>>;
/** Makes a function that uses `this` callable from anywhere. It gets the `this` of each call. */
export function tamed<This, Args extends unknown[], R>(
  fn: Fn<This, Args, R>,
): (this: This, ...args: Args) => TamedCall<Emitted<R>>;
export function tamed(subject: unknown, context?: unknown, descriptor?: PropertyDescriptor): unknown {
  if (typeof subject === 'string' && context !== undefined) {
    return tame(context, subject);
  }
  const decorated = kindOfMember(context, descriptor) ?? (isClass(subject) ? 'class' : undefined);
  if (decorated !== undefined && decorated !== 'method') {
    const what = `@tamed decorates methods, not ${decorated === 'accessor' ? 'an' : 'a'} ${decorated}.`;
    throw startStackAt(new TypeError(`${what} Use it on a method, or write: name = tamed(fn).`), tamed);
  }
  if (descriptor !== undefined && decorated === 'method') {
    return { ...descriptor, value: tame(descriptor.value) };
  }
  return tame(subject);
}

/** The kind of the decorated thing, in the words of the standard; undefined if nothing is decorated. */
function kindOfMember(
  context: unknown,
  descriptor: PropertyDescriptor | number | undefined,
): string | undefined {
  if (typeof context === 'object' && context !== null && 'kind' in context) {
    return String(context.kind);
  }
  if (typeof context !== 'string' && typeof context !== 'symbol') {
    return undefined;
  }
  // With "experimentalDecorators" the name comes second, and then a descriptor, or the number of a parameter.
  if (typeof descriptor === 'number') {
    return 'parameter';
  }
  if (typeof descriptor?.value === 'function') {
    return 'method';
  }
  if (descriptor?.get !== undefined) {
    return 'getter';
  }
  return descriptor?.set === undefined ? 'field' : 'setter';
}

/** A class runs with `new` alone. */
function isClass(subject: unknown): boolean {
  return typeof subject === 'function' && /^class\b/.test(Function.prototype.toString.call(subject));
}

function tame(subject: unknown, name?: string): unknown {
  if (isLeaf(subject)) {
    const named = [subject.async, subject.sync].find((fn) => fn.name !== 'async' && fn.name !== 'sync');
    const kind = isAsyncFunction(subject.async) ? 'function' : 'leaf';
    return callable(define(name ?? named?.name ?? '', kind, subject.async, subject.sync));
  }
  if (typeof subject !== 'function' || isClass(subject)) {
    throw startStackAt(
      new TypeError(`tamed() takes a function, or { sync, async }, but got ${got(subject)}`),
      tamed,
    );
  }
  return callable(
    define(name ?? subject.name, 'function', subject as Fn<unknown, unknown[], unknown>, undefined, tamed),
  );
}

function callable(definition: Definition): unknown {
  const { name, fn } = definition;
  function call(this: unknown, ...args: unknown[]): TamedCall<unknown> {
    return new FunctionCall(definition, this, args);
  }
  Object.defineProperty(call, 'name', { value: name, configurable: true });
  Object.defineProperty(call, 'length', { value: fn.length, configurable: true });
  return call;
}

function isLeaf(subject: unknown): subject is Leaf<unknown, unknown[], unknown> {
  const leaf = subject as Partial<Leaf<unknown, unknown[], unknown>> | null | undefined;
  return typeof leaf === 'object' && typeof leaf?.sync === 'function' && typeof leaf.async === 'function';
}

/** Says that a value is no function, and which half is missing, if it is meant for a leaf. */
function got(subject: unknown): string {
  if (typeof subject === 'object' && subject !== null) {
    const missing = ['sync', 'async'].filter((half) => typeof Reflect.get(subject, half) !== 'function');
    const [half] = missing;
    if (missing.length === 1) {
      return half === 'async'
        ? 'an object without "async". Add it: "sync" serves block() alone, "async" everything else.'
        : 'an object without "sync". Give it "async" alone: tamed(fn).';
    }
  }
  return `${quote(subject)}.`;
}

// Declared apart from what they are: of functions that are assigned, TypeScript leaves the doc comments out of its declarations.
// eslint-disable-next-line @typescript-eslint/no-namespace -- there is no other way to declare what a function has
export declare namespace tamed {
  /**
   * Makes a call of anything that RxJS can subscribe to: a promise, an Observable, an (async) iterable, a result. So `yield*` can
   * wait for it.
   *
   * It emits the values of the source. A promise has begun before, and goes on when the call is cancelled; the call only stops
   * listening. If the source is a result that is cancelled, the call fails with a `CancelledError`. `tamed.from` throws a
   * `TypeError` at once for any other value.
   *
   * @example
   * ```ts
   * import { tamed } from 'async-tamer';
   *
   * const read = tamed(function* () {
   *   return (yield* tamed.from(Promise.resolve(20))) + 1;
   * });
   * console.log(await read());
   * // => 21
   * ```
   */
  function from<T>(input: Source<T>): TamedCall<T>;
  /**
   * Waits for several calls at once (or anything else that `tamed.from` takes), and emits the array of their last values.
   *
   * If one fails, the others are cancelled. When they have cleaned up, it fails with that first failure, unchanged. A call that
   * ends without a value fails with RxJS's `EmptyError`. To cancel it cancels all calls. Without calls it emits `[]`.
   *
   * @example
   * ```ts
   * import { sleep, tamed } from 'async-tamer';
   *
   * const square = tamed(function* (n: number) { yield* sleep(10); return n * n; });
   * console.log(await tamed.all([square(2), square(3)]));
   * // => [ 4, 9 ]
   * ```
   */
  function all<const C extends readonly Source<unknown>[]>(calls: C): TamedCall<Values<C>>;
}

/**
 * The last value of each.
 *
 * @inline
 */
type Values<C extends readonly unknown[]> = {
  -readonly [K in keyof C]: ValueOf<C[K]>;
};

Object.assign(tamed, {
  from<T>(input: Source<T>): TamedCall<T> {
    return callOf(input, 'tamed.from()', tamed.from);
  },

  all(calls: readonly unknown[]): TamedCall<unknown[]> {
    if (!Array.isArray(calls)) {
      throw startStackAt(
        new TypeError(`tamed.all() takes an array of calls, but got ${quote(calls)}.`),
        tamed.all,
      );
    }
    return new CallOfAll(calls.map((call) => callOf<unknown>(call, 'tamed.all()', tamed.all)));
  },
});
