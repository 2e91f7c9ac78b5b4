import type { CurrentCall } from './current-call.ts';
import type { OwnedScope } from './scope-member.ts';

/** Is told of every call and scope that begins, for checks at the end of a test. */
export interface Registry {
  /** A call has begun that belongs to no scope and to no other call: awaited, subscribed, blocked on, or left to clean up. */
  began(call: CurrentCall): void;
  opened(scope: OwnedScope, name: string): void;
}

/** The registry in use, if there is one: `async-tamer/testing` installs one. */
export let registry: Registry | undefined;

export function installRegistry(next: Registry): void {
  registry = next;
}
