import type { ScopeMember } from '../execution/scope-member.ts';

/** A child, as far as its origin matters. */
export type Started = ScopeMember & { readonly id: number; readonly name: string };

/** Knows where children were started, for the stacks of their failures. */
export interface StartStacks {
  /** `entry` is the function on the stack that somebody has called to start it, if there is one. */
  started(child: Started, entry: unknown): void;
  /** Before anybody is told of the failure. */
  failed(child: Started, error: unknown): void;
}

/** Those that are kept, if any: `longStackTraces()` does. */
export let startStacks: StartStacks | undefined;

export function installStartStacks(next: StartStacks | undefined): void {
  startStacks = next;
}
