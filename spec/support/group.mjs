// A program and all that it starts, which end together.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const onWindows = process.platform === 'win32';
/** Those that have been started, and of which something may be left. */
const groups = new Set();
process.once('exit', () => groups.forEach((pid) => send(pid, 'SIGKILL')));
/** Outlives this process if that is killed; Windows has no groups. */
let guard;

/** Tells the guard of something that is to be gone when this process is; with "-", that it is gone. */
export function tellGuard(sign, kind, name) {
  if (onWindows) {
    return;
  }
  if (guard === undefined) {
    const file = fileURLToPath(new URL('guard.mjs', import.meta.url));
    guard = spawn(process.execPath, [file], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    guard.unref();
    guard.stdin.unref();
    guard.on('error', () => {}).stdin.on('error', () => {}); // It is of help, and no more.
  }
  guard.stdin.write(`${sign} ${kind} ${name}\n`);
}

/** How the npm is started that runs this program, or, without one, any: a program, and its first arguments. On Windows, `npm` is none. */
export function ownNpm() {
  const npm = process.env['npm_execpath'];
  return npm === undefined ? ['npm'] : [process.execPath, npm];
}

/** Starts a program. What it starts belongs to its group, unless it makes one of its own. */
export function startGroup(program, args, options) {
  const child = spawn(program, args, { ...options, detached: !onWindows, windowsHide: true });
  const { pid } = child;
  if (pid === undefined) {
    return { child, stop: () => Promise.resolve() };
  }
  groups.add(pid);
  tellGuard('+', 'group', pid);
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
    tellGuard('-', 'group', pid);
  }
}

function isThere(pid) {
  return !onWindows && send(pid, 0);
}

/** Whether there is anyone in a group to whom it can be sent. */
export function send(pid, signal) {
  if (onWindows) {
    return spawnSync('taskkill', ['/pid', String(pid), '/T', '/F']).status === 0;
  }
  try {
    return process.kill(-pid, signal);
  } catch {
    return false; // It is gone.
  }
}

/** Ends this process as SIGTERM does once the npm that has started it, or its shell, is gone: nobody else tells it then. */
export function endWithNpm() {
  const before = parents();
  if (process.env.npm_lifecycle_event !== undefined && !onWindows) {
    const timer = setInterval(() => {
      if (parents() !== before) {
        clearInterval(timer);
        process.kill(process.pid, 'SIGTERM');
      }
    }, 500);
    timer.unref();
  }
}

/** The shell in which npm has started this process, and, where the system tells, that npm. */
function parents() {
  try {
    // The fourth field; the second is a name, which may have anything in it.
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return `${process.ppid} ${stat.replace(/^.*\) /s, '').split(' ')[1]}`;
  } catch {
    return `${process.ppid}`;
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
