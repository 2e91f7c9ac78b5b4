import { createHash } from 'node:crypto';

/**
 * Spec files that have a process of their own, since they take long: mostly they wait for other processes. The longest come
 * first, beginning with those that wait most, so that there is work for all processors up to the end. Those of one row share a
 * process, and what they build once: a process has worked for half a second when it has loaded the sources.
 */
const heavy: readonly RegExp[] = [
  /^spec\/fleet\/lost/,
  /^spec\/fleet\/cancel/,
  /^spec\/samples\/angular\//,
  /^spec\/packages\//,
  /^spec\/blocking\/node\//,
  /^spec\/samples\//,
  /^spec\/(?:angular\/server|register|child-process|runner|publishing|scope\/dropped-scope)/,
  /^spec\/fleet\//,
  /^spec\/threads\//,
  // Those that load TypeScript.
  /^spec\/(?:docs|site|types|imports|call\/decorators)/,
  /^spec\/browser-runner/,
  /^spec\/(?:leaks|speed|trace\/process)/,
  /^spec\/proof/,
];

/** Whether a file has no process of its own: what it specifies happens in one, by timers that the clock keeps in order. */
export function isLight(file: string): boolean {
  return !heavy.some((row) => row.test(file));
}

/** In how many processes all others run. */
const processes = 3;

/**
 * Which files share a process, and which processes are started first. It follows from the files and the seed alone, so that
 * the same seed finds what one file does to another, on any machine.
 */
export function plan(files: readonly string[], seed: string): string[][] {
  const rows = heavy.map((row) => files.filter((file) => heavy.find((other) => other.test(file)) === row));
  const light = shuffled(files.filter(isLight), seed);
  const size = Math.ceil(light.length / processes);
  const others = Array.from({ length: processes }, (_, index) =>
    light.slice(index * size, (index + 1) * size),
  );
  return [...rows, ...others].filter((row) => row.length > 0);
}

function shuffled(files: readonly string[], seed: string): string[] {
  const place = (file: string): string => createHash('sha256').update(`${seed} ${file}`).digest('hex');
  return files.toSorted((one, other) => place(one).localeCompare(place(other)));
}
