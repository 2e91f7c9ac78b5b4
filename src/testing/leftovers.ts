import type { Execution } from '../execution/execution.ts';
import type { NamedScope } from './roll.ts';
import { capital, runningCall, runningIn, titleOf, type Running } from './running.ts';
import { show } from './show.ts';

/** Everything that runs. */
export function allRunning(calls: readonly Execution[], scopes: readonly NamedScope[]): Running[] {
  return [
    ...calls.flatMap((call) => runningCall(call) ?? []),
    ...scopes.flatMap((scope) =>
      runningIn(scope.lifetime).map(({ words, ...rest }) => ({
        ...rest,
        words: `in ${titleOf(scope)}, ${words}`,
      })),
    ),
  ];
}

/** Calls that wait for a promise, which no virtual clock settles. No code waits for a call that was cancelled. */
export function waitsForPromise(
  calls: readonly Execution[],
  scopes: readonly NamedScope[],
  advice: string,
): string[] {
  const waited = calls.filter(({ cancellation }) => cancellation === undefined);
  const waiting = allRunning(waited, scopes).filter(({ atPromise }) => atPromise !== undefined);
  if (waiting.length === 0) {
    return [];
  }
  const names = [...new Set(waiting.map(({ atPromise }) => atPromise))].filter((name) => name !== '');
  const who = names.length === 0 ? 'A call' : names.map((name) => `"${name}"`).join(' and ');
  const verb = names.length > 1 ? 'wait' : 'waits';
  return [`${who} still ${verb} for a promise. ${advice}`, ...waiting.map(({ words }) => `  ${words}`)];
}

/** The fault of a scope that has not closed. A scope that the test has made for itself must be closed or cancelled. */
export function leftOpen(scope: NamedScope, own: boolean): string[] {
  const { lifetime } = scope;
  const all = runningIn(lifetime);
  const who = capital(titleOf(scope));
  if (all.length > 0) {
    return [
      `${who} is left open, and in it still runs: (close it, or cancel it)`,
      ...all.map(({ words }) => `  ${words}`),
    ];
  }
  return own && !lifetime.closed && lifetime.cancellation === undefined
    ? [`${who} is left open, though nothing runs in it. Close it, or cancel it.`]
    : [];
}

/** Failures that have reached no caller. */
export function lost(scope: NamedScope, errors: readonly unknown[]): string[] {
  return errors.length === 0
    ? []
    : [
        `${capital(titleOf(scope))} has failures that no code has heard of. Close it, and look at the error that its close throws.`,
        ...errors.map((error) => `  ${show(error)}`),
      ];
}
