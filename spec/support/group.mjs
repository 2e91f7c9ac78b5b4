// A program and all that it starts, which end together.
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

const onWindows = process.platform === 'win32';
/** Those that have been started, and of which something may be left. */
const groups = new Set();
process.once('exit', () => groups.forEach((pid) => send(pid, 'SIGKILL')));

/** Starts a program. What it starts belongs to its group, unless it makes one of its own. */
export function startGroup(program, args, options) {
  const child = spawn(program, args, { ...options, detached: !onWindows, windowsHide: true });
  const { pid } = child;
  if (pid === undefined) {
    return { child, stop: () => Promise.resolve() };
  }
  groups.add(pid);
  let stopped;
  // What outlives the program that has started it is not needed any longer; who is told to end may clean up, however.
  child.once('exit', () => stopped ?? end(pid));
  return { child, stop: (patienceMs) => (stopped ??= stop(pid, patienceMs)) };
}

async function stop(pid, patienceMs) {
  send(pid, 'SIGTERM');
  for (const start = performance.now(); isThere(pid) && performance.now() < start + patienceMs;) {
    await setTimeout(20);
  }
  end(pid);
}

function end(pid) {
  if (groups.delete(pid)) {
    send(pid, 'SIGKILL');
  }
}

function isThere(pid) {
  return !onWindows && send(pid, 0);
}

/** Whether there is anyone to whom it can be sent. */
function send(pid, signal) {
  if (onWindows) {
    return spawnSync('taskkill', ['/pid', String(pid), '/T', '/F']).status === 0;
  }
  try {
    return process.kill(-pid, signal);
  } catch {
    return false; // It is gone.
  }
}

/** Calls `stopped` once, with the exit code for it, when this process is told to end. */
export function onStop(stopped) {
  let told = false;
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
    process.on(signal, () => {
      if (!told) {
        told = true;
        stopped(128 + number, signal);
      }
    });
  }
}
