import { quote } from '../execution/errors.ts';

/** Throws a `TypeError` unless the value of the option can be a number of calls that run at once. */
export function limit(option: string, value: number): void {
  if (value !== Infinity && !(Number.isInteger(value) && value > 0)) {
    throw new TypeError(
      `The option "${option}" is a whole number from 1, or Infinity, but got ${quote(value)}.`,
    );
  }
}
