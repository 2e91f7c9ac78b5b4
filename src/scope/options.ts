import { limit } from '../call/limit.ts';
import { noScope, quote, startStackAt } from '../execution/errors.ts';
import { milliseconds } from '../execution/time.ts';

/** The options of a scope checked, and complete. `P`: what is nested in what. */
export interface CheckedOptions<P> {
  readonly exitMode: 'wait' | 'cancel' | 'raise';
  readonly errorMode: 'cancel' | 'continue';
  readonly concurrency: number;
  readonly timeout: number | undefined;
  readonly cleanupTimeout: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly parent: P | undefined;
  readonly name: string;
}

/** The options of a scope as they are given. */
export type GivenOptions<P> = {
  readonly [K in keyof CheckedOptions<P>]?: CheckedOptions<P>[K] | undefined;
};

/** The names of all there are. */
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

/** How long a cancelled child may clean up, where nothing else is said: no close hangs for ever. */
const CLEANUP_TIMEOUT = 30_000;

/** Checks the options of a scope, and puts in the defaults. Throws a `TypeError`, to who called `entry`, for the first that is wrong. */
export function checked<P>(
  options: GivenOptions<P>,
  isScope: (value: unknown) => boolean,
  entry: unknown,
): CheckedOptions<P> {
  try {
    return check(options, isScope);
  } catch (error) {
    throw startStackAt(error as TypeError, entry); // Thrown there.
  }
}

function check<P>(options: GivenOptions<P>, isScope: (value: unknown) => boolean): CheckedOptions<P> {
  if (typeof (options as unknown) !== 'object' || (options as unknown) === null) {
    throw new TypeError(`The options of a scope are an object, but got ${quote(options)}.`);
  }
  const unknown = Object.keys(options).find((option) => !scopeOptions.includes(option));
  if (unknown !== undefined) {
    throw new TypeError(`A scope has no option "${unknown}". Its options are ${scopeOptions.join(', ')}.`);
  }
  const { exitMode = 'wait', errorMode = 'cancel', concurrency = Infinity, name = '' } = options;
  const { signal, parent, cleanupTimeout = CLEANUP_TIMEOUT } = options;
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
  return {
    exitMode,
    errorMode,
    concurrency,
    timeout: milliseconds('timeout', options.timeout),
    cleanupTimeout: milliseconds('cleanupTimeout', cleanupTimeout),
    signal,
    parent,
    name,
  };
}

/** A scope as messages begin with it. */
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

/** Complains unless it is a signal, or undefined: by what it does, as polyfills and other realms have classes of their own. */
export function abortSignal(name: string, value: AbortSignal | undefined): void {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  if (value !== undefined && (typeof aborted !== 'boolean' || typeof addEventListener !== 'function')) {
    throw new TypeError(`The option "${name}" is an AbortSignal, but got ${quote(value)}.`);
  }
}
