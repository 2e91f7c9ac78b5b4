import type { Cancellation } from './cancellation.ts';
import type { Child } from './child.ts';

/** Those that are queued, running, or cleaning up, in the order of their start. */
export class Children extends Set<Child> {
  // Invariant: cancelled, and not yet torn down.
  readonly #halted: Child[] = [];

  /** Cancels them, so that none goes on: all of them before anything is torn down, since cleanup may let others go on. */
  halt(cancellation: Cancellation): void {
    this.#halted.push(...[...this].filter((child) => child.markCancelled(cancellation)));
  }

  /** Tears down those that were halted. */
  tearDown(cancellation: Cancellation): void {
    this.#halted.splice(0).forEach((child) => child.tearDown(cancellation));
  }
}
