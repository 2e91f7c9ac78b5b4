import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The command of every process, where the system tells. */
export function commands() {
  return processIds().map((id) => textOf(id, 'cmdline'));
}

/** Kills all that have been started with this variable, however they were, where the system tells. */
export function killAllWith(name, value) {
  for (const id of processIds()) {
    if (textOf(id, 'environ').split('\0').includes(`${name}=${value}`)) {
      try {
        process.kill(Number(id), 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
  }
}

function processIds() {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function textOf(id, name) {
  try {
    return readFileSync(`/proc/${id}/${name}`, 'utf8');
  } catch {
    return ''; // It has ended, or is of another user.
  }
}

/** A hundredth of a second: so Linux counts, on every machine. */
const tickMs = 10;

/** Whether the system tells how long the processor has worked for children. */
export const tellsOfChildren = existsSync('/proc/self/stat');

/** How long the processor has worked for this process, and, where the system tells, for its children that have ended; in ms. */
export function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + cpuMsOfChildren();
}

function cpuMsOfChildren() {
  try {
    // Fields 16 and 17; the second is a name, which may have anything in it.
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[13]) + Number(fields[14])) * tickMs;
  } catch {
    return 0;
  }
}
