import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export interface Outcome {
  readonly printed: string;
  /** What went wrong, or ''. */
  readonly problem: string;
}

/** Runs programs in processes of their own, each until nothing of it is left, and tells what they printed. */
export async function runAll(programs: Iterable<URL>, limit = 10_000): Promise<Map<URL, Outcome>> {
  const outcomes = new Map<URL, Outcome>();
  const queue = [...programs];
  const lane = async (): Promise<void> => {
    for (let program = queue.shift(); program !== undefined; program = queue.shift()) {
      outcomes.set(program, await run(program, limit));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return outcomes;
}

function run(program: URL, limit: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { timeout: limit, killSignal: 'SIGKILL' } as const;
    execFile(process.execPath, [fileURLToPath(program)], options, (error, stdout, stderr) => {
      const killed = error?.killed === true ? `It still ran after ${limit} ms.` : '';
      const failed = error === null ? stderr : `It ended with code ${error.code ?? error.signal}: ${stderr}`;
      resolve({ printed: stdout, problem: killed === '' ? failed : killed });
    });
  });
}
