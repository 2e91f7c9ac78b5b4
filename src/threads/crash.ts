import { ThreadError } from '../remote/thread-error.ts';

/** Why the thread of a call has ended. `error` comes from Node, piscina or synckit. */
export function crashOf(name: string, error: unknown): ThreadError {
  const { code } = Object(error) as { code?: unknown };
  const exit = exitCodeOf(error);
  const ran = `The thread in which "${name}" ran`;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const advice = 'Raise "resourceLimits", or give it less at once.';
    return new ThreadError(`${ran} has run out of memory. ${advice}`, { cause: error });
  }
  return exit === undefined
    ? new ThreadError(`${ran} has crashed: ${inWords(error)}`, { cause: error })
    : new ThreadError(`${ran} has ended: process.exit(${exit}).`);
}

/** A thread has ended while it was being started. */
export function notStarted(name: string, error: unknown): ThreadError {
  const exit = exitCodeOf(error);
  const ended = exit === undefined ? 'it ended at once.' : `it ended at once: process.exit(${exit}).`;
  const cause = exit === undefined ? error : undefined;
  const why = cause === undefined ? ended : inWords(cause);
  return new ThreadError(`No thread could be started for "${name}": ${why}`, { cause });
}

/** A thread has ended by itself. */
export interface Exit {
  readonly exitCode: number;
}

/** The exit code, if a thread has ended by itself. */
export function exitCodeOf(end: unknown): number | undefined {
  if (!(end instanceof Error)) {
    return (end as Partial<Exit> | undefined)?.exitCode;
  }
  const told = /^[Ww]orker exited with code:? (\d+)$/.exec(end.message)?.[1];
  return told === undefined ? undefined : Number(told);
}

/** A thread has crashed because of something for which no call waits. */
export function crashIdle(error: unknown): ThreadError {
  const what = 'A thread has crashed while no call ran there: a call that has ended left something running.';
  return new ThreadError(`${what} ${inWords(error)}`, { cause: error });
}

function inWords(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `It threw ${JSON.stringify(error)}`;
}
