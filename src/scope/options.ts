import { limit } from '../call/limit.ts';
import { areOptions } from '../execution/check-options.ts';
import { noScope, quote, startStackAt } from '../execution/errors.ts';
import { milliseconds } from '../execution/time.ts';

/** The options of a scope, checked and complete. They leave out `parent`, which must not be kept for them. */
export interface CheckedOptions {
  readonly exitMode: 'wait' | 'cancel' | 'raise';
  readonly errorMode: 'cancel' | 'continue';
  readonly concurrency: number;
  readonly timeout: number | undefined;
  readonly cleanupTimeout: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly name: string;
}

/** The options of a scope as they are given. `P`: the scopes that can be its parent. */
export type GivenOptions<P> = {
  readonly [K in keyof CheckedOptions]?: CheckedOptions[K] | undefined;
} & { readonly parent?: P | undefined };

/** The names of all options. */
export const scopeOptions: readonly string[] = [
  'exitMode',
  'errorMode',
  'concurrency',
  'timeout',
  'cleanupTimeout',
  'signal',
  'parent',
  'name',
] satisfies readonly (keyof GivenOptions<never>)[];

/** How long a cancelled child may clean up by default, so that no close hangs for ever. */
const CLEANUP_TIMEOUT = 30_000;

/** The options of most scopes. */
const DEFAULTS: CheckedOptions = {
  exitMode: 'wait',
  errorMode: 'cancel',
  concurrency: Infinity,
  timeout: undefined,
  cleanupTimeout: CLEANUP_TIMEOUT,
  signal: undefined,
  name: '',
};

/**
 * Checks the options of a scope, and fills in the defaults. Throws a `TypeError` at the caller of `entry`, for the first wrong
 * option.
 */
export function checked<P>(
  options: GivenOptions<P> | undefined,
  isScope: (value: unknown) => boolean,
  entry: unknown,
): CheckedOptions {
  try {
    return options === undefined ? DEFAULTS : check(options, isScope);
  } catch (error) {
    throw startStackAt(error as TypeError, entry); // Thrown there.
  }
}

function check<P>(options: GivenOptions<P>, isScope: (value: unknown) => boolean): CheckedOptions {
  if (!areOptions(options, scopeOptions)) {
    throw new TypeError(`The options of a scope are an object, but got ${quote(options)}.`);
  }
  const unknown = Object.keys(options).find((option) => !scopeOptions.includes(option));
  if (unknown !== undefined) {
    throw new TypeError(`A scope has no option "${unknown}". Its options are ${scopeOptions.join(', ')}.`);
  }
  const { exitMode = 'wait', errorMode = 'cancel', concurrency = Infinity, name = '' } = options;
  const { signal, parent, timeout, cleanupTimeout = CLEANUP_TIMEOUT } = options;
  oneOf('exitMode', exitMode, ['wait', 'cancel', 'raise']);
  oneOf('errorMode', errorMode, ['cancel', 'continue']);
  limit('concurrency', concurrency);
  abortSignal('signal', signal);
  if (parent !== undefined && !isScope(parent)) {
    throw noScope('The option "parent" is', parent);
  }
  if (typeof name !== 'string') {
    throw new TypeError(`The option "name" is a string, but got ${quote(name)}.`);
  }
  const complete = {
    exitMode,
    errorMode,
    concurrency,
    timeout: milliseconds('timeout', timeout),
    cleanupTimeout: milliseconds('cleanupTimeout', cleanupTimeout),
    signal,
    name,
  };
  return isDefault(complete) ? DEFAULTS : complete;
}

/** Whether they are the options of most scopes: then those are kept for it. Most nested scopes are given a parent and no more. */
function isDefault(options: CheckedOptions): boolean {
  return (
    options.exitMode === DEFAULTS.exitMode &&
    options.errorMode === DEFAULTS.errorMode &&
    options.concurrency === DEFAULTS.concurrency &&
    options.timeout === DEFAULTS.timeout &&
    options.cleanupTimeout === DEFAULTS.cleanupTimeout &&
    options.signal === DEFAULTS.signal &&
    options.name === DEFAULTS.name
  );
}

/** The name of a scope at the beginning of a message. */
export function titleOf(name: string): string {
  return name === '' ? 'The scope' : `The scope "${name}"`;
}

/** Throws unless `value` is one of `allowed`. */
export function oneOf(option: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.some((each) => each === value)) {
    const list = allowed.map((each) => `"${each}"`).join(', ');
    throw new TypeError(`The option "${option}" is one of ${list}, but got ${quote(value)}.`);
  }
}

/**
 * Throws unless `value` is a signal or undefined. It is judged by its properties, as polyfills and other realms have classes of
 * their own.
 */
export function abortSignal(name: string, value: AbortSignal | undefined): void {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  if (value !== undefined && (typeof aborted !== 'boolean' || typeof addEventListener !== 'function')) {
    throw new TypeError(`The option "${name}" is an AbortSignal, but got ${quote(value)}.`);
  }
}
