import type { CurrentCall } from './current-call.ts';
import type { OwnedScope } from './scope-member.ts';

/** Hears of everything that begins, for checks at the end of a test. */
export interface Registry {
  /** A call that belongs to no scope and to no other call: awaited, subscribed, blocked on, or left to clean up. */
  began(call: CurrentCall): void;
  opened(scope: OwnedScope, name: string): void;
}

/** The one that is taken, if any: `async-tamer/testing` does. */
export let registry: Registry | undefined;

export function installRegistry(next: Registry): void {
  registry = next;
}
