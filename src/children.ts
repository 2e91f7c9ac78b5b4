import type { Cancellation } from './cancellation.ts';
import type { Child } from './child.ts';

/** Those that are queued, running, or cleaning up, in the order of their start. */
export class Children extends Set<Child> {
  // How each that is cancelled is torn down.
  readonly #halted: (() => void)[] = [];

  /** Cancels them, so that none goes on: all of them before anything is torn down, since cleanup may let others go on. */
  halt(cancellation: Cancellation): void {
    for (const child of [...this]) {
      const tearDown = child.halt(cancellation);
      if (tearDown !== undefined) {
        this.#halted.push(tearDown);
      }
    }
  }

  /** Tears down those that were halted. */
  tearDown(): void {
    this.#halted.splice(0).forEach((tearDown) => tearDown());
  }
}
