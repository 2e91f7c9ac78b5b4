import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import { limits } from './limits.ts';

/** How a process ended, and what it had written. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code; null if a signal killed it. */
  readonly code: number | null;
  /** The signal that killed it; null if it exited. */
  readonly signal: NodeJS.Signals | null;
  /** How long it ran, in ms. */
  readonly ms: number;
  /** How long it ran after the first signal that was sent to it, in ms; undefined if none was. */
  readonly msAfterSignal: number | undefined;
}

/** A signal, and when to send it. */
export interface Signalling {
  readonly signal: NodeJS.Signals;
  /**
   * As soon as what the process has written to stdout or to stderr matches; or so many ms after the signal before it, or
   * after the start; or when something else has happened. How long a start takes depends on the machine, so prefer not the
   * second.
   */
  readonly after: RegExp | number | Promise<unknown>;
}

/** How to run a process. */
export interface Options {
  /** What to run. Default: the Node of this process. */
  readonly program?: string;
  /** Its working directory. Default: the root of the project. */
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from stdin. Default: nothing. */
  readonly input?: string;
  /** Signals to send, one after the other. */
  readonly signals?: readonly Signalling[];
  /** If it runs longer, it is killed, and the promise rejects. Default: {@link limits}. */
  readonly timeoutMs?: number;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type Written = Pick<Ended, 'stdout' | 'stderr'>;

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The arguments with which Node runs a TypeScript file. */
export function typescript(file: string): string[] {
  return ['--import', new URL('ts-node.mjs', import.meta.url).href, file];
}

/**
 * Runs Node with `args`, and fulfils when the process has ended, however it did. Rejects, and says what was written until
 * then, only if the process could not be started or had to be killed at its time limit, which is below that of a spec.
 */
export async function run(args: readonly string[], options: Options = {}): Promise<Ended> {
  const { program = process.execPath, cwd = root, env, input = '', signals = [] } = options;
  const { timeoutMs = limits.process } = options;
  const start = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
  child.stdin.on('error', () => {}).end(input); // It need not read what it is given.
  const signalled = sendSignals(child, signals, written);

  const { code, signal } = await end(child);
  const ms = performance.now() - start;
  if (signal === 'SIGKILL' && ms >= timeoutMs) {
    const { stdout, stderr } = written;
    const command = [basename(program), ...args].join(' ');
    throw new Error(`${command} did not end within ${timeoutMs} ms.\nstdout: ${stdout}\nstderr: ${stderr}`);
  }
  const msAfterSignal = signalled.at === undefined ? undefined : start + ms - signalled.at;
  return { ...written, code, signal, ms, msAfterSignal };
}

function end(child: Child): Promise<Pick<Ended, 'code' | 'signal'>> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}

/** Sends one after the other. Returns an object that knows when the first was sent. */
function sendSignals(child: Child, signals: readonly Signalling[], written: Written): { at?: number } {
  const sent: { at?: number } = {};
  const send = async (): Promise<void> => {
    for (const { signal, after } of signals) {
      await due(child, after, written);
      sent.at ??= performance.now();
      child.kill(signal); // Does nothing if it has ended.
    }
  };
  void send();
  return sent;
}

/** Fulfils when it is time for a signal, so perhaps never. */
function due(child: Child, after: Signalling['after'], written: Written): Promise<void> {
  return new Promise((resolve) => {
    if (after instanceof Promise) {
      resolve(after.then(() => undefined));
      return;
    }
    if (typeof after === 'number') {
      setTimeout(resolve, after).unref(); // Nobody waits for it when the process has ended.
      return;
    }
    const look = (): void => {
      if (after.test(written.stdout) || after.test(written.stderr)) {
        resolve();
      }
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    look();
  });
}
