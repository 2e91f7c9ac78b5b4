import { node } from './node.ts';
import { endWithThread } from './thread.ts';
import { returns } from './uncaught.ts';

/** Runs what waits in `process.nextTick` and the microtasks, even if some of it throws. */
export function tick(): void {
  // The attempts have a limit: what throws could schedule itself again, ahead of all microtasks, and so ahead of the report.
  for (let attempt = 0; attempt < MOST_TICKS_THAT_THROW && !returns(runTicks); attempt++);
  endWithThread();
}

function runTicks(): void {
  node?._tickCallback?.();
}

const MOST_TICKS_THAT_THROW = 100;
