import type { CurrentCall } from './current.ts';
import type { OwnedScope } from './ledger.ts';

/** Hears of everything that begins, for checks at the end of a test. */
export interface Census {
  /** A call that belongs to no scope and to no other call: awaited, subscribed, blocked on, or left to clean up. */
  began(call: CurrentCall): void;
  opened(scope: OwnedScope, name: string): void;
}

/** The one that is taken, if any: `async-tamer/testing` does. */
export let census: Census | undefined;

export function installCensus(next: Census): void {
  census = next;
}
