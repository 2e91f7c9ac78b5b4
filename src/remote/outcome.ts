import type { Failure } from './failures.ts';

/** How a call ended where it ran, with all its cleanup. */
export interface Outcome {
  readonly failure: Failure | undefined;
  /** The errors that its cleanups threw. */
  readonly cleanup: readonly Failure[];
}

/** The same on its way to another machine: threads and workers in between need not unpack it. */
export interface PackedOutcome {
  /** An `Outcome`. */
  readonly packed: string;
  /** A value, packed, that has not been sent before. */
  readonly last?: string | undefined;
  /** The part of its failure that is for people to read. */
  readonly error: { readonly name: string; readonly message: string; readonly stack: string } | undefined;
}
