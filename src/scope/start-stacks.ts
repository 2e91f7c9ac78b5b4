import type { ScopeMember } from '../execution/scope-member.ts';

/** A child, as far as its origin matters. */
export type Started = ScopeMember & { readonly id: number; readonly name: string };

/** Knows where children were started, for the stacks of their failures. */
export interface StartStacks {
  /** A child was started. `entry` is the function on the stack that user code has called to start it, if there is one. */
  started(child: Started, entry: unknown): void;
  /** A child has failed. Called before any waiter is told. */
  failed(child: Started, error: unknown): void;
}

/** The start stacks in use, if any: `longStackTraces()` installs them. */
export let startStacks: StartStacks | undefined;

export function installStartStacks(next: StartStacks | undefined): void {
  startStacks = next;
}
