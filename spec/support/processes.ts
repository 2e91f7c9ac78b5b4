import { readdirSync, readFileSync } from 'node:fs';

/** The command of every process, where the system tells. */
export function commands(): string[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(commandOf);
  } catch {
    return [];
  }
}

function commandOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}

/** A hundredth of a second: so Linux counts, on every machine. */
const tickMs = 10;

/** How long the processor has worked for this process, and, where the system tells, for its children that have ended; in ms. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + cpuMsOfChildren();
}

function cpuMsOfChildren(): number {
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
