import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a process ended. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code; null if a signal killed it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal that was sent to its end, or from its start if none was; in ms. */
  readonly ms: number;
}

/** What to do with a process, beside waiting for its end. */
export interface Options {
  readonly cwd?: string;
  /** It is killed when it takes longer. Default: 20 000 ms. */
  readonly timeoutMs?: number;
  /** Sends `signal` as soon as what it has written to stderr or stdout matches `when`. */
  readonly interrupt?: { readonly when: RegExp; readonly signal: NodeJS.Signals };
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs Node with `args`, in the root of the project. TypeScript runs after {@link typescript}. */
export function run(args: readonly string[], options: Options = {}): Promise<Ended> {
  const { cwd = root, timeoutMs = 20_000, interrupt } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let since = performance.now();
    let interrupted = interrupt === undefined;
    const written = { stdout: '', stderr: '' };
    const hear = (stream: keyof typeof written, text: string): void => {
      written[stream] += text;
      if (!interrupted && interrupt?.when.test(written[stream]) === true) {
        interrupted = true;
        since = performance.now();
        child.kill(interrupt.signal);
      }
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => hear('stdout', text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => hear('stderr', text));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ ...written, code, signal, ms: performance.now() - since }));
  });
}

/** The arguments with which Node runs a TypeScript file. */
export function typescript(file: string): string[] {
  return ['--import', new URL('ts-node.mjs', import.meta.url).href, file];
}
