import { Worker } from 'node:worker_threads';

/**
 * The flags that threads inherit; undefined if they are all those of this process. `--input-type` is left out: it is meant for
 * a program given as text, and with it Node loads no thread from a file.
 */
export function inheritedExecArgv(given: readonly string[]): string[] | undefined {
  const rest = without(given, ['--input-type']);
  if (rest.length === given.length) {
    return undefined;
  }
  return flagsForThreads(rest);
}

/** Flags that are given to a thread, rather than inherited, must not include flags of the whole process, such as --expose-gc. */
export function flagsForThreads(given: readonly string[]): string[] {
  return without(given, refusedFlags([...given]));
}

function without(given: readonly string[], flags: readonly string[]): string[] {
  const isOne = (flag: string | undefined): boolean => flags.some((each) => flag === each);
  return given.filter((flag, index) => {
    const isValue = isOne(given[index - 1]) && !flag.startsWith('-');
    return !isOne(flag.split('=')[0]) && !isValue;
  });
}

/** The flags that Node refuses to give to a thread. Only Node knows them, and it says so before it starts one. */
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

/** A function cannot be sent to a thread, so none is started. */
const refusedAnyway = (): void => {};
