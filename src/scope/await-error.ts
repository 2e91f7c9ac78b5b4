import type { Forgotten } from './failures.ts';
import { AwaitError, startStackAt } from '../execution/errors.ts';

/** The error of a scope with `exitMode: 'raise'` for children whose results were never awaited; undefined if there are none. */
export function awaitError(unawaited: ReadonlyMap<number, Forgotten>): AwaitError | undefined {
  if (unawaited.size === 0) {
    return undefined;
  }
  const all = [...unawaited.values()];
  const list = all.map(({ child, origin = 'an unknown line' }) => `${child}, started at ${origin}`);
  return new AwaitError(
    `${unawaited.size === 1 ? '1 result was' : `${unawaited.size} results were`} not awaited: ${list.join('; ')}. ` +
      'Await each before the scope closes, or use exitMode "cancel".',
  );
}

/**
 * Function, file and line of the code that called `entry`, as the engine's stack gives them; undefined if that code is not on
 * the stack.
 */
export function callerOf(entry: unknown): string | undefined {
  if (entry === undefined) {
    return undefined;
  }
  const lines = startStackAt(new Error(), entry).stack?.split('\n') ?? [];
  // In V8 the stack begins at the caller, below a headline. Elsewhere it begins here, in this file.
  const line = 'captureStackTrace' in Error ? lines[1] : lines[4];
  return line?.replace(/^\s*at /, '').trim();
}
