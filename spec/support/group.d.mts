import type { ChildProcess, SpawnOptions } from 'node:child_process';

export interface ProcessGroup {
  readonly child: ChildProcess;
  /** Tells all of it to end, kills what has not done so in time, and fulfils when nothing is left. */
  stop(patienceMs: number): Promise<void>;
}

export function startGroup(
  program: string,
  args: readonly string[],
  options: Omit<SpawnOptions, 'detached' | 'windowsHide'>,
): ProcessGroup;

export function onStop(stopped: (exitCode: number, signal: NodeJS.Signals) => void): void;

export function tellGuard(sign: '+' | '-', kind: 'folder', name: string): void;

export function endWithNpm(): void;
