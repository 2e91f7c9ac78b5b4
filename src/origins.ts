import type { Ledger } from './ledger.ts';

/** A child, as far as its origin matters. */
export type Started = Ledger & { readonly id: number; readonly name: string };

/** Knows where children were started, for the stacks of their failures. */
export interface Origins {
  /** `entry` is the function on the stack that somebody has called to start it, if there is one. */
  started(child: Started, entry: unknown): void;
  /** Before anybody is told of the failure. */
  failed(child: Started, error: unknown): void;
}

/** Those that are kept, if any: `longStackTraces()` does. */
export let origins: Origins | undefined;

export function installOrigins(next: Origins | undefined): void {
  origins = next;
}
