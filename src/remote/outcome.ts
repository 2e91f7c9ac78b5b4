import type { Failure } from './failures.ts';

/** How a call has ended elsewhere, with all its cleanup. */
export interface Outcome {
  readonly failure: Failure | undefined;
  /** What cleanups threw. */
  readonly cleanup: readonly Failure[];
}
