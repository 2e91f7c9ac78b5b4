import { Worker } from 'node:worker_threads';

/**
 * The flags that threads inherit; undefined for all those of this process. `--input-type` says what a program is that is given
 * as text, and where Node finds it, it loads no thread from a file.
 */
export function inheritedExecArgv(given: readonly string[]): string[] | undefined {
  const rest = without(given, ['--input-type']);
  if (rest.length === given.length) {
    return undefined;
  }
  // What is given to a thread, rather than inherited, must not hold flags of the whole process, such as --expose-gc.
  return without(rest, refusedFlags(rest));
}

function without(given: readonly string[], flags: readonly string[]): string[] {
  const isOne = (flag: string | undefined): boolean => flags.some((each) => flag === each);
  return given.filter((flag, index) => {
    const isValue = isOne(given[index - 1]) && !flag.startsWith('-');
    return !isOne(flag.split('=')[0]) && !isValue;
  });
}

/** Those that Node refuses to give to a thread: only it knows, and says so before it starts one. */
function refusedFlags(execArgv: string[]): string[] {
  try {
    new Worker('', { eval: true, execArgv, workerData: refusedAnyway });
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code === 'ERR_WORKER_INVALID_EXEC_ARGV') {
      return (message.split(': ')[1] ?? '').split(', ').map((flag) => flag.split('=')[0] ?? '');
    }
  }
  return [];
}

/** It cannot be sent to a thread, so none is started. */
const refusedAnyway = (): void => {};
