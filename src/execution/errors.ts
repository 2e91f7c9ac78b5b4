/**
 * The error of work that was cancelled before it had an outcome: this is neither a success nor a failure. Its `cause` says why:
 * the failure that cancelled the scope, the timeout, or the reason given to `cancel`.
 *
 * @example
 * ```ts
 * import { AsyncScope, CancelledError, sleep } from 'async-tamer';
 *
 * const scope = new AsyncScope();
 * const result = scope.start(sleep(1000));
 * scope.cancel('no longer needed');
 * await result.catch((error) => console.log(error instanceof CancelledError, error.cause));
 * // => true no longer needed
 * ```
 */
export class CancelledError extends Error {
  static {
    this.prototype.name = 'CancelledError';
  }

  constructor(message = 'Execution was cancelled.', options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Thrown by {@link DelayedResult.value} where the result has no value: it is pending, has failed, or was cancelled. After a
 * failure, `cause` is that failure; after a cancel, it is the `CancelledError`.
 *
 * @example
 * ```ts
 * import { AsyncScope, ResultUnavailableError, sleep } from 'async-tamer';
 *
 * await using scope = new AsyncScope();
 * const result = scope.start(sleep(1));
 * try {
 *   result.value;
 * } catch (error) {
 *   console.log(error instanceof ResultUnavailableError && error.message);
 * }
 * // => Result is not yet available.
 * ```
 */
export class ResultUnavailableError extends Error {
  static {
    this.prototype.name = 'ResultUnavailableError';
  }
}

/** What a scope knows of its failures besides the errors themselves. */
export interface Told {
  /** The name of the scope, or ''. */
  readonly scope: string;
  /** For each error the name of the child it came from, as messages give it; undefined where it came from no child. */
  readonly children: readonly (string | undefined)[];
}

/** A copy of a scope's error with another cause. */
export let raisedWith: (error: ScopeError, cause: unknown) => ScopeError;

/** A copy of a scope's error with more errors. */
export let raisedBeside: (error: ScopeError, more: readonly unknown[]) => ScopeError;

/**
 * The close of a scope fails with this error. `errors` holds the failures that were delivered to no caller, and what cleanups
 * and teardowns threw, in the order in which they reached the scope. `cause` is the `TimeoutError` of the scope or, in
 * {@link AsyncScope.run}, the error of the body, where there was one besides them. The message has a line for each of the first
 * ten errors: the child, and what its error says.
 *
 * @example
 * ```ts
 * import { AsyncScope, ScopeError, tamed } from 'async-tamer';
 *
 * const faulty = tamed(function load() { throw new Error('Oh no!'); });
 * const scope = new AsyncScope({ name: 'page' });
 * scope.start(faulty());
 * await scope.close().catch((error) => console.log(error instanceof ScopeError, error.message));
 * // => true 1 async function failed in the scope "page":
 * // =>   load (#1): Error: Oh no!
 * ```
 */
export class ScopeError extends AggregateError {
  static {
    this.prototype.name = 'ScopeError';
    raisedWith = (error, cause) => new ScopeError(error.errors, { cause }, error.#told);
    raisedBeside = (error, more) => {
      const options = error.cause === undefined ? undefined : { cause: error.cause };
      return new ScopeError([...(error.errors as unknown[]), ...more], options, error.#told);
    };
  }

  readonly #told: Told;

  constructor(errors: Iterable<unknown>, options?: ErrorOptions);
  /** @internal */
  constructor(errors: Iterable<unknown>, options: ErrorOptions | undefined, told: Told);
  constructor(errors: Iterable<unknown>, options?: ErrorOptions, told: Told = { scope: '', children: [] }) {
    const list = [...errors];
    super(list, messageOf(list, told), options);
    this.#told = told;
  }
}

/** How many failures a message lists. */
const LINES = 10;

function messageOf(errors: readonly unknown[], { scope, children }: Told): string {
  const where = scope === '' ? '' : ` in the scope ${JSON.stringify(scope)}`;
  const headline = `${errors.length} async function${errors.length === 1 ? '' : 's'} failed${where}`;
  if (errors.length === 0) {
    return headline;
  }
  const lines = errors.slice(0, LINES).map((error, index) => {
    const child = children[index];
    return child === undefined ? wordsOf(error) : `${child}: ${wordsOf(error)}`;
  });
  if (errors.length > LINES) {
    lines.push(`… and ${errors.length - LINES} more, in "errors"`);
  }
  return [`${headline}:`, ...lines].join('\n').replaceAll('\n', '\n  ');
}

/** How many lines of an inner scope's message the message of the outer scope has at its begin, and at its end. */
const LINES_WITHIN = 20;

/**
 * What an inner scope says, for the message of an outer one, which an outer one has, too: a chain of a thousand scopes would have a
 * million characters in each. The end of it tells what has failed in the first place.
 */
function shortened(message: string): string {
  const lines = message.split('\n');
  if (lines.length <= 2 * LINES_WITHIN + 1) {
    return message;
  }
  const begin = lines.slice(0, LINES_WITHIN);
  const end = lines.slice(-LINES_WITHIN);
  const indent = begin.at(-1)?.search(/\S|$/) ?? 0;
  const deeper = Math.min(...end.map((line) => line.search(/\S|$/))) - indent;
  return [...begin, `${' '.repeat(indent)}…`, ...end.map((line) => line.slice(Math.max(0, deeper)))].join(
    '\n',
  );
}

/** An error, or the reason of a cancel, in one line. The error of a scope takes several lines. */
export function wordsOf(error: unknown): string {
  try {
    // Judged by its properties: in a test runner with a realm of its own, Node's errors are of another realm.
    const { name, message } = Object(error) as { name?: unknown; message?: unknown };
    if (typeof name !== 'string' || typeof message !== 'string') {
      return quote(error);
    }
    const text = error instanceof ScopeError ? shortened(message) : (message.split('\n')[0] ?? '');
    return text === '' ? name : `${name}: ${text}`;
  } catch {
    return 'what cannot be read'; // A getter or a proxy throws.
  }
}

/**
 * The close of a scope with `exitMode: 'raise'` fails with this error if the outcome of a started call was never asked for. The
 * message names each such child, and the function, file and line that started it.
 *
 * @example
 * ```ts
 * import { AsyncScope, AwaitError, sleep } from 'async-tamer';
 *
 * const scope = new AsyncScope({ exitMode: 'raise' });
 * scope.start(sleep(1000));
 * await scope.close().catch((error) => console.log(error instanceof AwaitError));
 * // => true
 * ```
 */
export class AwaitError extends Error {
  static {
    this.prototype.name = 'AwaitError';
  }
}

/**
 * Thrown by {@link AsyncScope.start} when the scope has closed, so that it can own no other child. A scope that is made in a
 * closed `parent` throws it, too.
 *
 * @example
 * ```ts
 * import { AsyncScope, ScopeClosedError, sleep } from 'async-tamer';
 *
 * const scope = new AsyncScope({ name: 'batch' });
 * await scope.close();
 * try {
 *   scope.start(sleep(1));
 * } catch (error) {
 *   console.log(error instanceof ScopeClosedError);
 * }
 * // => true
 * ```
 */
export class ScopeClosedError extends Error {
  static {
    this.prototype.name = 'ScopeClosedError';
  }
}

/**
 * Thrown where waiting would never end: the awaited work cannot finish before the code that waits for it does.
 *
 * @example
 * ```ts
 * import { AsyncScope, BlockingError, sleep, tamed } from 'async-tamer';
 *
 * const scope = new AsyncScope();
 * const selfish = tamed(function* () { yield* sleep(1); yield* scope.close(); });
 * await scope.start(selfish()).catch((error) => console.log(error instanceof BlockingError));
 * // => true
 * ```
 */
export class BlockingError extends Error {
  static {
    this.prototype.name = 'BlockingError';
  }
}

/** How many members of a circle a message names. */
const LINKS = 6;

/** The error for code of the last member of `circle`. Each member waits for the next one, and the last waits for the first. */
export function waitsInCircle(circle: readonly string[]): BlockingError {
  const asker = circle.at(-1) ?? '';
  const shown = circle.length <= LINKS ? circle : [...circle.slice(0, LINKS - 2), '…', asker];
  const chain = circle.length === 1 ? 'itself' : shown.join(', which waits for ');
  return new BlockingError(
    `${asker} waits for ${chain}: that would never end. Let one of them go on without the result of the other.`,
  );
}

/** The error for a child that waits for its own scope to close. */
export function closedFromInside(): BlockingError {
  return new BlockingError(
    'A child waits for its own scope to close, which waits for the child: that would never end. ' +
      'Close the scope from outside, or cancel it.',
  );
}

/**
 * One of the `errors` of a {@link ScopeError}: cancelled children were still cleaning up `cleanupTimeout` ms after the cancel,
 * and the scope closed without them. `children` are their names.
 *
 * @example
 * ```ts
 * import { AsyncScope, sleep, tamed } from 'async-tamer';
 *
 * const slow = tamed(function* slow() {
 *   try { yield* sleep(1000); } finally { yield* sleep(1000); }
 * });
 * const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 10 });
 * scope.start(slow());
 * await scope.close().catch((error) => console.log(error.errors[0].children));
 * // => [ 'slow (#1)' ]
 * ```
 */
export class CleanupTimeoutError extends Error {
  static {
    this.prototype.name = 'CleanupTimeoutError';
  }
  /** The children that were still cleaning up: the name and the number of each. */
  readonly children: readonly string[];

  constructor(children: readonly string[], ms: number) {
    super(
      `Still cleaning up ${ms} ms after the cancel: ${children.join(', ')}. ` +
        'Shorten these finally blocks and teardowns, rethrow a CancelledError that a "catch" has swallowed, ' +
        'or raise "cleanupTimeout".',
    );
    this.children = children;
  }
}

/** A value as error messages quote it: what it is, and its type. */
export function quote(value: unknown): string {
  if (typeof value === 'function') {
    return `the function "${value.name === '' ? '(anonymous)' : value.name}"`;
  }
  if (typeof value === 'string') {
    return `${JSON.stringify(value)} (string)`;
  }
  if (Array.isArray(value)) {
    return 'an array';
  }
  if (typeof value === 'object' && value !== null) {
    const { constructor, [Symbol.toStringTag]: tag } = value as {
      constructor?: { name: string };
      [Symbol.toStringTag]?: string;
    };
    const kind = tag ?? constructor?.name;
    return kind === undefined ? 'an object' : `an object (${kind})`;
  }
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- no objects are left
  return value === undefined || value === null ? String(value) : `${String(value)} (${typeof value})`;
}

/** The error for a value that is given in the place of a scope. */
export function noScope(place: string, value: unknown): TypeError {
  const { constructor: { name } = { name: '' } } = Object(value) as { constructor?: { name: string } };
  const foreign =
    'It is of another copy of async-tamer. Keep one: "npm ls async-tamer" tells where they are.';
  const advice = name === 'AsyncScope' ? ` ${foreign}` : '';
  return new TypeError(`${place} an AsyncScope, but got ${quote(value)}.${advice}`);
}

/** Something that has a name, perhaps '', and a number within its scope. */
export interface Named {
  readonly name: string;
  readonly id: number;
}

/** A child as messages name it. */
export function nameOf({ name, id }: Named): string {
  return name === '' ? `#${id}` : `${name} (#${id})`;
}

/**
 * Whether what others have thrown is of a class. A proxy may throw when it is asked that, a revoked one always does: nobody can
 * know, so the answer is no.
 */
export function isInstance<T>(thrown: unknown, type: abstract new (...args: never[]) => T): thrown is T {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}

/** A property of what others have thrown; undefined where it cannot be read. */
export function propertyOf(thrown: unknown, key: string): unknown {
  try {
    return (thrown as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined; // A getter or a proxy throws, or the name or the message is none that V8 can print.
  }
}

/** Makes the stack of `error` begin at the line that called `entry`, where the engine can do that. */
export function startStackAt<E extends Error>(error: E, entry: unknown): E {
  (Error as { captureStackTrace?: (target: object, entry: unknown) => void }).captureStackTrace?.(
    error,
    entry,
  );
  return error;
}
