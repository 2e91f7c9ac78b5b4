import { startStackAt } from '../execution/errors.ts';
import type { Expectation } from './expectations.ts';

/** Something that is wrong with a test, in lines; and the place where the test states the expectation, if there is one. */
export interface Complaint {
  readonly lines: readonly string[];
  readonly stack?: string;
}

/**
 * One error for all faults. Its stack begins where the test states the first expectation that did not hold, or else at `entry`.
 */
export function failureOf(complaints: readonly Complaint[], entry: unknown, cause?: unknown): Error {
  const message = complaints.map(({ lines }) => trimmed(lines)).join('\n\n');
  const error = startStackAt(new Error(message, cause === undefined ? {} : { cause }), entry);
  const place = complaints.find(({ stack }) => stack !== undefined && stack !== '')?.stack;
  if (place !== undefined) {
    error.stack = `Error: ${message}\n${place}`;
  }
  return error;
}

function trimmed(lines: readonly string[]): string {
  return lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd();
}

/** The faults of those expectations that the test has stated. */
export function complaintsOf(expectations: readonly Expectation[]): Complaint[] {
  return expectations.flatMap((expectation) => {
    const lines = expectation.failure();
    return lines === undefined ? [] : [{ lines, stack: expectation.stack }];
  });
}
