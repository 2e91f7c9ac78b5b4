import type { Failure } from './failures.ts';

/** How a call ended where it ran, with all its cleanup. */
export interface Outcome {
  readonly failure: Failure | undefined;
  /** The errors that its cleanups threw. */
  readonly cleanup: readonly Failure[];
}
