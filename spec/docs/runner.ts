import { Worker } from 'node:worker_threads';

import { limits } from '../support/limits.ts';

/** How a program ended. */
export interface Outcome {
  readonly printed: string;
  /** What went wrong, or ''. */
  readonly problem: string;
}

const threads = 2;

/**
 * Runs programs, each until nothing of it is left, and tells what they printed.
 *
 * To start a process or a thread takes longer than most of them, so a thread runs one after the other. One in which a
 * program failed is not used again: what that left behind would be blamed on the next.
 */
export async function runAll(
  programs: Iterable<URL>,
  limit: number = limits.process,
): Promise<Map<URL, Outcome>> {
  const outcomes = new Map<URL, Outcome>();
  const queue = [...programs];
  const lane = async (): Promise<void> => {
    let worker: Worker | undefined;
    for (let program = queue.shift(); program !== undefined; program = queue.shift()) {
      worker ??= new Worker(new URL('worker.mjs', import.meta.url));
      const outcome = await run(program, worker, limit);
      outcomes.set(program, outcome);
      if (outcome.problem !== '') {
        await worker.terminate();
        worker = undefined;
      }
    }
    await worker?.terminate();
  };
  await Promise.all(Array.from({ length: threads }, lane));
  return outcomes;
}

function run(program: URL, worker: Worker, limit: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const end = (outcome: Outcome): void => {
      clearTimeout(timer);
      worker.off('message', end).off('error', failed).off('exit', exited);
      resolve(outcome);
    };
    const fail = (problem: string): void => end({ printed: '', problem });
    const failed = (error: unknown): void => fail(String(error));
    const exited = (code: number): void => fail(`It ended the whole process, with exit code ${code}.`);
    const timer = setTimeout(() => fail(`It still ran after ${limit} ms.`), limit);
    worker.on('message', end).on('error', failed).on('exit', exited);
    worker.postMessage(program.href);
  });
}
