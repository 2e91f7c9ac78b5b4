import type { Cancellation } from './cancellation.ts';
import type { Child } from './child.ts';
import type { Execution } from './execution.ts';

/**
 * Those that are queued, running, or cleaning up, in the order of their start.
 *
 * A list, linked through its members: a `Set` would take a sixth of the time of a child that ends at once.
 */
export class Children implements Iterable<Child> {
  #first: Child | undefined;
  #last: Child | undefined;
  #size = 0;
  // Those that are cancelled and not torn down, each with what runs of it.
  readonly #halted: { readonly child: Child; readonly executions: Execution[] }[] = [];

  get size(): number {
    return this.#size;
  }

  add(child: Child): void {
    child.before = this.#last;
    if (this.#last === undefined) {
      this.#first = child;
    } else {
      this.#last.after = child;
    }
    this.#last = child;
    this.#size++;
  }

  /** Takes out one that is in there. */
  delete(child: Child): void {
    const { before, after } = child;
    if (before === undefined) {
      this.#first = after;
    } else {
      before.after = after;
    }
    if (after === undefined) {
      this.#last = before;
    } else {
      after.before = before;
    }
    child.before = undefined;
    child.after = undefined;
    this.#size--;
  }

  /** Of those that are there now: who leaves meanwhile is still passed. */
  [Symbol.iterator](): Iterator<Child> {
    return this.#all()[Symbol.iterator]();
  }

  #all(): Child[] {
    const all: Child[] = [];
    for (let child = this.#first; child !== undefined; child = child.after) {
      all.push(child);
    }
    return all;
  }

  /** Cancels them, so that none goes on: all of them before anything is torn down, since cleanup may let others go on. */
  halt(cancellation: Cancellation): void {
    for (const child of this.#all()) {
      const executions = child.halt(cancellation);
      if (executions !== undefined) {
        this.#halted.push({ child, executions });
      }
    }
  }

  /** Tears down those that were halted. */
  tearDown(cancellation: Cancellation): void {
    for (const { child, executions } of this.#halted.splice(0)) {
      child.tearDown(executions, cancellation);
    }
  }
}
