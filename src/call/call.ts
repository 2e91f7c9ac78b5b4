import { from, type Observable, type ObservableInput, type Subscriber } from 'rxjs';

import { Coroutine, isGeneratorFunction, type AnyGenerator, type GeneratorSource } from './coroutine.ts';
import { quote, startStackAt } from '../execution/errors.ts';
import { currentExecution, type Execution } from '../execution/execution.ts';
import { lineOf, type Line } from '../execution/stack.ts';
import type { ScopeMember } from '../execution/scope-member.ts';
import type { Sink } from '../execution/sink.ts';
import { print, printed, type PrintArgs, type Printer } from '../result/print.ts';
import { fromPlatform, isPlatformObservable } from './platform-observable.ts';
import { PromiseWaiter } from './promise.ts';
import { FunctionExecution, type Code, type Invocation } from './function-execution.ts';
import { isAsyncIterable, isObservable, isPromise } from './shapes.ts';
import { SubscriberSink } from '../result/subscriber-sink.ts';
import { enlist, open, Waitable, type Wait } from '../result/waitable.ts';

/**
 * One call of a tamed function: a cold Observable that can also be awaited, and waited for with `yield*`. Nothing runs until the
 * call is subscribed, awaited, or started in a scope. A call that is used twice runs twice.
 *
 * It emits the values of what the function returns (see {@link tamed}), and fails with what the function throws. To unsubscribe
 * cancels that execution.
 *
 * @example
 * ```ts
 * import { tamed, TamedCall } from 'async-tamer';
 *
 * const add = tamed((a: number, b: number) => a + b);
 * const call = add(1, 2);
 * console.log(call instanceof TamedCall, await call);
 * // => true 3
 * ```
 */
export abstract class TamedCall<T> extends Waitable<T> {
  /** @internal */
  constructor() {
    super(subscribe);
  }

  /** The name of the tamed function, or ''. */
  abstract get name(): string;

  /** @internal Its name in messages, if it has one. */
  get what(): string | undefined {
    return this.name === '' ? undefined : `The call ${this.name}(…)`;
  }

  /** @internal Whether it is a call of a source that goes on by itself: a promise or a result. */
  get hot(): boolean {
    return false;
  }

  /** @internal */
  abstract override [open](sink: Sink<T>, owner: Execution | undefined, member?: ScopeMember): Execution<T>;

  /** What `Object.prototype.toString` calls it. */
  override get [Symbol.toStringTag](): string {
    return 'TamedCall';
  }

  /** @internal To print it does not run it. */
  [printed](...args: PrintArgs): string {
    return print('TamedCall', (printer) => ` ${this.expression(printer)}`, args);
  }

  /** @internal The call as code would write it. */
  abstract expression(printer: Printer): string;
}

/** One function for all calls. RxJS calls it as a method of the Observable that it was given to. */
function subscribe<T>(this: Observable<T>, subscriber: Subscriber<T>): void {
  const owner = currentExecution();
  const sink = new SubscriberSink(subscriber, owner);
  const call = this as TamedCall<T>; // It is given to the constructor above alone.
  const execution = call[open](sink, owner);
  execution.ownContext();
  sink.execution = execution;
  // This comes before the code runs: the code may end its own subscription at once.
  subscriber.add(() => execution.teardown());
  execution.begin();
}

/**
 * A function with `this`, arguments and result.
 *
 * @inline
 */
export type Fn<This, Args extends unknown[], R> = (this: This, ...args: Args) => R;

type AnyFn = Fn<unknown, unknown[], unknown>;

/** The common part of the calls of a tamed function. */
export interface Definition extends Code {
  readonly fn: AnyFn;
  /** Serves `block()` in the place of `fn`. */
  readonly sync?: AnyFn | undefined;
  readonly generates: boolean;
  /** The line at which a generator was made a tamed function. */
  readonly line?: Line | undefined;
}

/** Finds out about a function before it is called. `entry` is the function that its maker has called. */
export function define(
  name: string,
  kind: Code['kind'],
  fn: AnyFn,
  sync?: AnyFn,
  entry?: unknown,
): Definition {
  const asynchronous = sync === undefined && isAsyncFunction(fn);
  const generates = isGeneratorFunction(fn);
  return {
    name,
    kind,
    fn,
    sync,
    generates,
    asynchronous,
    line: generates && entry ? lineOf(entry) : undefined,
  };
}

/** The call of a function. */
export class FunctionCall<T> extends TamedCall<T> implements Invocation, GeneratorSource<T> {
  readonly #definition: Definition;
  readonly #self: unknown;
  readonly #args: unknown[];

  constructor(definition: Definition, self: unknown, args: unknown[]) {
    super();
    this.#definition = definition;
    this.#self = self;
    this.#args = args;
  }

  override [open](sink: Sink<T>, owner: Execution | undefined, member?: ScopeMember): Execution<T> {
    return this.#definition.generates
      ? new Coroutine(this, sink, owner, member)
      : new FunctionExecution(this, sink, owner, member);
  }

  override expression({ value }: Printer): string {
    return `${this.name || '(anonymous)'}(${this.#args.map(value).join(', ')})`;
  }

  override get name(): string {
    return this.#definition.name;
  }

  get code(): Definition {
    return this.#definition;
  }

  override get hasSync(): boolean {
    return this.#definition.sync !== undefined;
  }

  invoke(): unknown {
    return this.#definition.fn.apply(this.#self, this.#args);
  }

  override invokeSync(): unknown {
    return this.#definition.sync?.apply(this.#self, this.#args);
  }

  generate(): AnyGenerator<T> {
    return this.invoke() as AnyGenerator<T>; // Only generator functions are asked.
  }
}

const SOURCE: Code = { name: '', kind: 'source', asynchronous: false };

/** The call of a source that is waited for as it is, and not called: a promise, an Observable, a result, a generator. */
class SourceCall<T> extends TamedCall<T> implements Invocation {
  readonly #input: unknown;

  constructor(input: unknown) {
    super();
    this.#input = input;
  }

  override [open](sink: Sink<T>, owner: Execution | undefined, member?: ScopeMember): Execution<T> {
    return new FunctionExecution(this, sink, owner, member);
  }

  override [enlist](sink: Sink<T>, owner: Execution | undefined): Wait {
    const input = this.#input;
    if (input instanceof Waitable) {
      return (input as Waitable<T>)[enlist](sink, owner);
    }
    return isPromiseAlone(input) ? new PromiseWaiter(input as PromiseLike<T>, sink) : this[open](sink, owner);
  }

  override get hot(): boolean {
    const input = this.#input;
    return input instanceof Waitable ? !(input instanceof TamedCall) : isPromiseAlone(input);
  }

  override get name(): string {
    return '';
  }

  get code(): Code {
    return SOURCE;
  }

  override expression({ value }: Printer): string {
    return `from(${value(this.#input)})`;
  }

  invoke(): unknown {
    return this.#input;
  }
}

/** A function that may await. So it needs to know itself after an await. */
export function isAsyncFunction(fn: unknown): boolean {
  return Object.prototype.toString.call(fn).startsWith('[object Async');
}

/** The call of any source that can be started or waited for. `entry` is where the stack of a complaint begins. */
export function callOf<T>(input: unknown, where: string, entry: unknown): TamedCall<T> {
  if (input instanceof TamedCall) {
    return input as TamedCall<T>;
  }
  const source = sourceOf(input);
  if (source === undefined) {
    const advice =
      typeof input === 'function'
        ? 'Call it: f(…), not f; or, if it is not tamed, tamed(f)(…).'
        : 'Give it a call, a promise, or an Observable.';
    throw startStackAt(new TypeError(`${where} cannot wait for ${quote(input)}. ${advice}`), entry);
  }
  return new SourceCall<T>(source);
}

const startedGenerators = new WeakSet<object>();

/** A call of a generator that exists already. So it runs once. */
export function callOfGenerator<T>(generator: AnyGenerator<T>, where: string, entry: unknown): TamedCall<T> {
  if (startedGenerators.has(generator)) {
    const what = `${where} got a generator that has been started before, and runs only once.`;
    throw startStackAt(
      new TypeError(`${what} Make a tamed function of it, and start a call of that.`),
      entry,
    );
  }
  startedGenerators.add(generator);
  return new SourceCall<T>(generator);
}

/** A value that is also an Observable is taken for one. Most values are native promises, which are not asked. */
function isPromiseAlone(input: unknown): boolean {
  return input instanceof Promise || (!isObservable(input) && isPromise(input));
}

function sourceOf(input: unknown): unknown {
  if (input instanceof Waitable || isPromise(input) || isObservable(input) || isAsyncIterable(input)) {
    return input;
  }
  if (isPlatformObservable(input)) {
    return fromPlatform(input);
  }
  try {
    return input instanceof Function ? undefined : from(input as ObservableInput<unknown>); // Throws if it is none.
  } catch {
    return undefined;
  }
}
