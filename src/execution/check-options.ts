import { quote, startStackAt } from './errors.ts';

/** Whether `value` may hold options: it is a plain object, or has at least one of those that are `known`. */
export function areOptions(value: unknown, known: readonly string[]): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null; // In any realm.
  return plain || known.some((option) => option in value);
}

/**
 * Throws a `TypeError` unless `options` is an object that has only `known` options. `what` names the function that takes them,
 * such as `svg()`. The stack of the error begins at the caller of `entry`.
 */
export function checkOptions(what: string, options: unknown, known: readonly string[], entry: unknown): void {
  if (!areOptions(options, known)) {
    const error = new TypeError(`${what} takes an object of options, but got ${quote(options)}.`);
    throw startStackAt(error, entry);
  }
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown !== undefined) {
    const error = new TypeError(`${what} has no option "${unknown}". Its options are ${known.join(', ')}.`);
    throw startStackAt(error, entry);
  }
}
