import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { onStop, startGroup, type ProcessGroup } from '../group.mjs';
import { limits } from '../limits.ts';
import type { Specification } from '../specification.ts';
import { TemporaryFolder } from '../temporary.ts';
import type { Told } from '../told.ts';
import { plan } from './plan.ts';
import { PIPE, type MessageOfFile, type Work } from './work.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));

/** How long those have who clean up when they are told to end. */
const patienceMs = 5000;

export interface RunOptions extends Work {
  /** How many processes run at the same time. Default: two more than there are processors, since many wait for programs. */
  readonly jobs?: number;
  /** Whether all files run in one process, in the order in which they are named. Default: as they are planned. */
  readonly together?: boolean;
}

/**
 * Runs spec files in processes of their own, some at a time, and tells what they tell. When it fulfils, also when this process
 * is told to end meanwhile, neither a process nor a temporary file of them is left.
 */
export async function runSpecs(options: RunOptions, specification: Specification): Promise<void> {
  const { files, seed, jobs = availableParallelism() + 2, together = false } = options;
  const waiting = together ? [files] : plan(files, seed);
  const running = new Set<ProcessGroup>();
  using temporary = new TemporaryFolder();
  onStop((exitCode, signal) => {
    waiting.length = 0;
    specification.fail('The run', `It was ended by ${signal}.`);
    process.exitCode = exitCode;
    running.forEach((group) => void group.stop(patienceMs));
  });
  const next = async (): Promise<void> => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const { filter } = options;
      const group = start({ files: batch, filter, seed }, temporary);
      running.add(group);
      await listen(group, batch, specification);
      await group.stop(patienceMs);
      running.delete(group);
    }
  };
  await Promise.all(Array.from({ length: jobs }, next));
}

function start(work: Work, temporary: TemporaryFolder): ProcessGroup {
  return startGroup(process.execPath, [worker, JSON.stringify(work)], {
    cwd: root,
    env: {
      ...process.env,
      // What programs print is compared, and what others' packages do may depend on where they believe to be.
      ...{ FORCE_COLOR: undefined, NO_COLOR: undefined, NODE_ENV: undefined },
      ...temporary.variables,
      // What random programs are made of.
      PROOF_SEED: process.env['PROOF_SEED'] ?? work.seed,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
}

/** Fulfils when the process has ended, and all that it has told is heard. */
async function listen(
  { child, stop }: ProcessGroup,
  files: readonly string[],
  specification: Specification,
): Promise<void> {
  const voice = specification.voice();
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exit code ${String(code)}, signal ${String(signal)}`));
  });
  const silence = setTimeout(() => void stop(patienceMs), limits.silence);
  let doing = 'while they were loaded';
  let done = false;
  for await (const line of createInterface(child.stdio[PIPE] as Readable)) {
    silence.refresh();
    if (!line.endsWith('}')) {
      break; // It was killed while it said that.
    }
    const message = JSON.parse(line) as MessageOfFile;
    voice.hear(message, message.file);
    specification.spent(message.cpuMs, message.file);
    if (message.method === 'specStarted') {
      doing = `in "${(message.argument as Told).fullName ?? ''}"`;
    }
    done ||= message.method === 'jasmineDone';
  }
  clearTimeout(silence);
  voice.end();
  const how = await ended;
  if (!done && process.exitCode === undefined) {
    specification.fail(`The process of ${files.join(', ')}`, `It has ended ${doing} (${how}).`, files);
  }
}
