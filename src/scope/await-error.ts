import type { Forgotten } from './failures.ts';
import { AwaitError, startStackAt } from '../execution/errors.ts';

/** What a scope with `exitMode: 'raise'` says of children whose result nobody awaited; nothing, if there are none. */
export function awaitError(unawaited: ReadonlyMap<number, Forgotten>): AwaitError | undefined {
  if (unawaited.size === 0) {
    return undefined;
  }
  const all = [...unawaited.values()];
  const list = all.map(({ child, origin = 'an unknown line' }) => `${child}, started at ${origin}`);
  return new AwaitError(
    `Nobody awaited ${unawaited.size} result${unawaited.size === 1 ? '' : 's'}: ${list.join('; ')}. ` +
      'Await each before the scope closes, or use exitMode "cancel".',
  );
}

/** Function, file and line of whoever called `entry`, as the engine's stack tells them; undefined if nobody has by now. */
export function callerOf(entry: unknown): string | undefined {
  if (entry === undefined) {
    return undefined;
  }
  const lines = startStackAt(new Error(), entry).stack?.split('\n') ?? [];
  // V8 has begun the stack at the caller, below a headline; elsewhere it begins here, in this very file.
  const line = 'captureStackTrace' in Error ? lines[1] : lines[4];
  return line?.replace(/^\s*at /, '').trim();
}
