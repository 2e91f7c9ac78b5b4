import { cascade } from '../execution/cascade.ts';
import { Cancellation } from '../execution/cancellation.ts';
import { atOnce } from '../execution/current-call.ts';
import type { Execution } from '../execution/execution.ts';
import { enqueueLast, type Ready } from '../execution/queue.ts';
import { finishTelling } from '../result/result.ts';
import type { Child } from './child.ts';

/** The scope, as far as its services need to know it. */
interface Owner {
  readonly cancellation: Cancellation | undefined;
  /** Nothing is left that they could serve. */
  readonly unserved: boolean;
}

/** The children that serve the others of their scope, and end after them. */
export class Services implements Ready {
  readonly #owner: Owner;
  readonly #all = new Set<Child>();
  // Invariant: those of them that have not been cancelled here.
  readonly #serving = new Set<Child>();

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** How many run or clean up. */
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

  /** Something has ended in their scope. */
  settle(): void {
    if (this.#isOver()) {
      enqueueLast(this); // Those who have just heard of it go on first, and may start something.
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
    const ending = [...this.#serving].map((child) => ({ child, halted: [] as Execution[] }));
    this.#serving.clear();
    atOnce(() =>
      cascade(() =>
        ending
          .filter(({ child, halted }) => child.halt(cancellation, halted))
          .forEach(({ child, halted }) => child.tearDown(halted, 0, halted.length, cancellation)),
      ),
    );
  }
}
