// Workers of a fleet as processes of their own, for specs that stop and kill them.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { library } from './compile.ts';
import { patience } from './patience.ts';
import { Redis, RedisServer } from './redis.ts';

/** The file of the command `async-tamer-worker`, where `compile` has put the library. */
export const command = fileURLToPath(new URL('fleet/command.cjs', library));

/**
 * Leases and locks of specs in which something gets lost, in ms: short, so that this is soon found. A lock is renewed when half of
 * it is over, so nothing else is lost unless it gets no time of the machine for so long.
 */
export const LEASE = patience(3000);

/** A process that runs calls, as its command starts it. */
export interface WorkerProcess {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Sends a signal to the process that runs the calls, not to the one that watches over it. */
  signal(signal: NodeJS.Signals): void;
  /** Kills both at once, as if the machine were lost. */
  destroy(): Promise<void>;
  /** SIGTERM; fulfils with the exit code. */
  end(): Promise<number | null>;
}

/** Starts a worker of a module, with options of its command; fulfils when it takes calls. */
export async function startWorkerOf(
  file: string,
  options: Readonly<Record<string, string | number>>,
  program = process.execPath,
): Promise<WorkerProcess> {
  const args = [command, file, ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)];
  // A group of its own, so that all of it can be killed at once.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  workers.add(child);
  void exited.then(() => workers.delete(child));
  await until(() => output.includes('takes calls') || child.exitCode !== null);
  if (child.exitCode !== null) {
    throw new Error(`The worker has ended: ${output}`);
  }
  return {
    process: child,
    output: () => output,
    signal: (signal) => process.kill(-(child.pid ?? NaN), signal),
    destroy: async () => {
      killGroup(child);
      await exited;
    },
    end: async () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/** Those that run: none outlives the specs. */
const workers = new Set<ChildProcess>();
process.once('exit', () => workers.forEach(killGroup));

function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-(pid ?? NaN), 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** As `describe`, of what needs a server; without one, its specs are reported as not run. */
export function describeWithServer(description: string, specs: () => void): void {
  describeUnless(Redis.missing, description, specs);
}

/** The same, of what stops its server, or needs another kind than all others have. */
export function describeWithOwnServer(description: string, specs: () => void): void {
  describeUnless(RedisServer.missing, description, specs);
}

function describeUnless(reason: string | undefined, description: string, specs: () => void): void {
  describe(description, () => {
    if (reason === undefined) {
      specs();
    } else {
      it('needs a server', () => pending(reason));
    }
  });
}

/** Looks again and again whether it is so; a spec's time limit ends that. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
