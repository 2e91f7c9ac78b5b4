#!/usr/bin/env node
import { fork, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

// The command async-tamer-worker: it runs the worker in a process of its own, and starts that again if a call has killed it.

/** How long to wait before a process is started again that was killed, in ms: longer each time in a row. */
const AGAIN = 100;
const AGAIN_AT_MOST = 5000;

/** Starts the process that runs calls, and watches over it. */
function supervise(file: string, argv: readonly string[]): void {
  let child: ChildProcess;
  let isReady = false;
  let isEnding = false;
  let wait = AGAIN;
  const start = (): void => {
    const began = performance.now();
    child = fork(file, argv);
    child.on('message', (news) => {
      if (news === 'ending') {
        process.stdout.write('The worker takes no more calls. It ends when those that run have ended.\n');
      } else if (!isReady) {
        isReady = true;
        process.stdout.write('The worker takes calls.\n');
      }
    });
    child.on('exit', (code, signal) => {
      if (isEnding || !isReady) {
        process.exitCode = code ?? 1;
        return;
      }
      wait = performance.now() - began > AGAIN_AT_MOST ? AGAIN : Math.min(wait * 2, AGAIN_AT_MOST);
      const how = signal ?? `exit code ${code ?? 0}`;
      process.stderr.write(`The worker has ended: ${how}. It is started again.\n`);
      setTimeout(start, wait);
    });
  };
  const end = (): void => {
    isEnding = true;
    // Windows has no signals: kill() would end the process at once, in the middle of its calls.
    if (process.platform === 'win32' && child.connected) {
      child.disconnect();
    } else {
      child.kill('SIGTERM');
    }
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  start();
}

supervise(
  fileURLToPath(new URL(`worker-process${extname(import.meta.url)}`, import.meta.url)),
  process.argv.slice(2),
);
