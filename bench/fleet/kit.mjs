// A server of its own, workers as processes, and what all of them compute: for the questions about the fleet.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { moduleOf } from '../dist.mjs';

export const work = new URL('work.mjs', import.meta.url);

/** BullMQ finds ioredis only so. */
export const { Queue, QueueEvents } = createRequire(import.meta.url)('bullmq');

const processes = [];
process.once('SIGTERM', () => process.exit(1));

/** Starts the server whose program main.ts has found; it ends with this process. */
export async function startServer() {
  const { path, env } = JSON.parse(process.env['BENCH_REDIS'] ?? '{}');
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'async-tamer-bench-'))];
  const args = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
  const server = spawn(path, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  process.once('exit', () => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  for (
    let output = '';
    !output.includes('Ready to accept');
    output += (await once(server.stdout, 'data'))[0]
  );
  server.stdout.resume();
  processes.push(server);
  return `redis://127.0.0.1:${port}`;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** Starts a worker of async-tamer, as its command does; it ends with this process. */
export async function startWorker(url, concurrency) {
  const program = fileURLToPath(moduleOf('fleet/worker-process.cjs'));
  await start(program, [fileURLToPath(work), `--connection=${url}`, `--concurrency=${concurrency}`]);
}

/** The same of BullMQ: it calls the functions itself, or in its sandbox of worker threads. */
export async function startBullWorker(url, concurrency, kind) {
  await start(fileURLToPath(new URL('bullmq.mjs', import.meta.url)), [url, String(concurrency), kind]);
}

/** A process without a queue, which is sent arguments for `work.mjs`, and answers when it is done. */
export function startPlain() {
  return start(fileURLToPath(new URL('plain.mjs', import.meta.url)), []);
}

async function start(program, args) {
  const child = fork(program, args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  processes.push(child);
  return child;
}

/** The ms that all of them have computed, as Linux knows it, in steps of 10. */
export function othersCpu() {
  return processes.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
}

function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
