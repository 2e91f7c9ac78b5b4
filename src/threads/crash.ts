import { ThreadError } from '../remote/thread-error.ts';

/** Why the thread of a call has ended. `error` comes from Node, piscina or synckit. */
export function crashOf(name: string, error: unknown): ThreadError {
  const { code, message = '' } = Object(error) as { code?: unknown; message?: string };
  const exit = /^[Ww]orker exited with code:? (\d+)$/.exec(message)?.[1];
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
  const why = error === undefined ? 'it ended at once.' : inWords(error);
  return new ThreadError(`No thread could be started for "${name}": ${why}`, { cause: error });
}

/** A thread has crashed because of something for which no call waits. */
export function crashIdle(error: unknown): ThreadError {
  const what = 'A thread has crashed in which no call ran any more: something was left running there.';
  return new ThreadError(`${what} ${inWords(error)}`, { cause: error });
}

function inWords(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `It threw ${JSON.stringify(error)}`;
}
