import { Cancellation } from '../execution/cancellation.ts';
import { enqueueLast, type Ready } from '../execution/queue.ts';
import { finishTelling } from '../result/telling.ts';
import type { Child } from './child.ts';
import { cancelAll } from './children.ts';

/** The scope, as far as its services need to know it. */
interface Owner {
  readonly cancellation: Cancellation | undefined;
  /** Whether nothing is left that they could serve. */
  readonly unserved: boolean;
}

/** The children that serve the others of their scope, and end after them. */
export class Services implements Ready {
  readonly #owner: Owner;
  readonly #all = new Set<Child>();
  // Invariant: the services that have not been cancelled here.
  readonly #serving = new Set<Child>();

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** How many services run or clean up. */
  get size(): number {
    return this.#all.size;
  }

  add(child: Child): void {
    this.#all.add(child);
    this.#serving.add(child);
  }

  delete(child: Child): void {
    this.#all.delete(child);
    this.#serving.delete(child);
  }

  /** Called when something has ended in their scope. */
  settle(): void {
    if (this.#isOver()) {
      enqueueLast(this); // Waiters that have just been told go on first, and may start something.
    }
  }

  #isOver(): boolean {
    return this.#serving.size > 0 && this.#owner.unserved;
  }

  /** Cancels them, in the order of their start: all of them before any is torn down. */
  proceed(): void {
    if (!this.#isOver()) {
      return;
    }
    const cancellation = this.#owner.cancellation ?? new Cancellation();
    finishTelling();
    const serving = [...this.#serving];
    this.#serving.clear();
    cancelAll(serving, cancellation);
  }
}
