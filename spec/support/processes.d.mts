/** The command of every process, where the system tells. */
export function commands(): string[];

/** Kills all that have been started with this variable, however they were, where the system tells. */
export function killAllWith(name: string, value: string): void;

/** Whether the system tells how long the processor has worked for children. */
export const tellsOfChildren: boolean;

/** How long the processor has worked for this process, and, where the system tells, for its children that have ended; in ms. */
export function cpuMs(): number;
