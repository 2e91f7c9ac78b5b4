import { quote, startStackAt } from './errors.ts';

/**
 * Throws a `TypeError` unless `options` is an object that has only `known` options. `what` names the function that takes them,
 * such as `svg()`. The stack of the error begins at the caller of `entry`.
 */
export function checkOptions(what: string, options: unknown, known: readonly string[], entry: unknown): void {
  if (typeof options !== 'object' || options === null) {
    const error = new TypeError(`${what} takes an object of options, but got ${quote(options)}.`);
    throw startStackAt(error, entry);
  }
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown !== undefined) {
    const error = new TypeError(`${what} has no option "${unknown}". Its options are ${known.join(', ')}.`);
    throw startStackAt(error, entry);
  }
}
