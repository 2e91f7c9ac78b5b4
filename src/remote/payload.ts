import { inspect } from 'node:util';

import { quote } from '../execution/errors.ts';
import { pack, Unpackable } from './codec.ts';
import { decode, encode, type Failure } from './failures.ts';
import { FleetError } from './fleet-error.ts';
import type { Outcome, PackedOutcome } from './outcome.ts';

/**
 * The arguments of a call as text. Throws an error that names the argument that cannot travel, or says how large they are
 * together.
 */
export function packArguments(name: string, args: readonly unknown[], maxPayload: number): string {
  try {
    return limited(pack(args), maxPayload, () => `The arguments of "${name}" are`);
  } catch (error) {
    throw refusal(error, (path) => {
      const index = /^\[(\d+)\]/.exec(path);
      return [`Argument ${Number(index?.[1]) + 1} of "${name}"`, path.slice(index?.[0].length)];
    });
  }
}

/** A returned or emitted value as text. Throws likewise. */
export function packValue(name: string, value: unknown, maxPayload: number): string {
  try {
    return limited(pack(value), maxPayload, () => `A value of "${name}" is`);
  } catch (error) {
    throw refusal(error, (path) => [`What "${name}" returned or emitted`, path]);
  }
}

function limited(text: string, maxPayload: number, subject: () => string): string {
  // One character takes three bytes at most.
  const size = text.length * 3 <= maxPayload ? 0 : Buffer.byteLength(text);
  if (size > maxPayload) {
    const what = `${subject()} ${size} bytes long, and "maxPayload" is ${maxPayload}.`;
    const advice =
      'Put what is large where all machines can read it, and send its address; or raise "maxPayload".';
    throw new FleetError('payload', `${what} ${advice}`);
  }
  return text;
}

function refusal(error: unknown, where: (path: string) => readonly [what: string, path: string]): unknown {
  if (!(error instanceof Unpackable)) {
    return error;
  }
  const [what, path] = where(error.path);
  const reason = `${what} cannot be sent to another machine: ${path === '' ? 'it' : `at ${path}`} is ${quote(error.value)}.`;
  const advice = 'Pass plain data.';
  // Threads refuse the first kind by the same error, and would take the second.
  return isCloneable(error.value)
    ? new FleetError('codec', `${reason} ${advice}`)
    : new TypeError(`${reason} ${advice}`);
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** The end of a call, for the journey. Never throws: a description stands for a value that cannot travel. */
export function packOutcome({ failure, cleanup }: Outcome): PackedOutcome {
  const outcome: Outcome = { failure, cleanup };
  return { packed: packedAnyway(outcome), error: failure === undefined ? undefined : readable(failure) };
}

function packedAnyway(outcome: Outcome): string {
  try {
    return pack(outcome);
  } catch {
    const { failure, cleanup } = outcome;
    return pack({ failure: failure && plain(failure), cleanup: cleanup.map(plain) });
  }
}

function plain(failure: Failure): Failure {
  const thrown = decode(failure);
  if (!(thrown instanceof Error)) {
    return { kind: 'value', value: inspect(thrown, { depth: 1 }) };
  }
  const { name, message, stack } = thrown;
  return encode(Object.assign(new Error(message), { name, stack }));
}

function readable(failure: Failure): PackedOutcome['error'] {
  if (failure.kind === 'error') {
    const { name, message, stack = '' } = failure;
    return { name, message, stack };
  }
  return { name: 'Error', message: inspect(decode(failure), { depth: 1 }), stack: '' };
}

/** The weight of a value among those that are under way: as many as it has kilobytes. */
export function weightOf(text: string): number {
  return 1 + (text.length >> 10);
}

/** The reason of a cancel, for the journey. A description stands for a value that cannot travel. */
export function packFailure(failure: Failure): string {
  try {
    return pack(failure);
  } catch {
    return pack(plain(failure));
  }
}
