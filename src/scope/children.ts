import type { Cancellation } from '../execution/cancellation.ts';
import { cascade } from '../execution/cascade.ts';
import { atOnce } from '../execution/current-call.ts';
import type { Child } from './child.ts';
import type { CleanupTimeout } from './cleanup-timeout.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { Execution } from '../execution/execution.ts';

/** Cancels some children together, in the two halves of a cancel: all are halted before any is torn down. */
export function cancelAll(children: readonly Child[], cancellation: Cancellation): void {
  const halted = children.map((child) => ({ child, executions: [] as Execution[] }));
  atOnce(() =>
    cascade(() =>
      halted
        .filter(({ child, executions }) => child.halt(cancellation, executions))
        .forEach(({ child, executions }) => child.tearDown(executions, 0, executions.length, cancellation)),
    ),
  );
}

/**
 * The children that are queued, running, or cleaning up, in the order of their start.
 *
 * It is a list, linked through its members: a `Set` would take a sixth of the time of a child that ends at once.
 */
export class Children implements Iterable<Child> {
  /** None, where there is no limit. */
  readonly places: ConcurrencyLimit | undefined;
  /** None, while none of them cleans up. */
  cleanupTimeout: CleanupTimeout | undefined;
  #first: Child | undefined;
  #last: Child | undefined;
  #size = 0;
  #started = 0;
  // The children that are cancelled and not torn down yet, if any.
  #halted: Halted | undefined;
  /** The children that are services. Undefined until the first of these is started. */
  services: SomeOfThem | undefined;

  /** `concurrency`: how many may run at once. */
  constructor(concurrency: number) {
    if (concurrency !== Infinity) {
      this.places = new ConcurrencyLimit(concurrency);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** How many of the children are no services. */
  get working(): number {
    return this.#size - (this.services?.size ?? 0);
  }

  /** The number of the next child: 1, 2, 3… */
  nextId(): number {
    return ++this.#started;
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

  /** Takes out a child that is in the list. */
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
    this.services?.delete(child);
    this.cleanupTimeout?.delete(child);
  }

  /** Iterates over the children of this moment, including those that leave meanwhile. */
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

  /**
   * The first half of their cancel. All are halted before anything is torn down, since a cleanup may let others go on. Services
   * go on until the others have ended.
   */
  halt(cancellation: Cancellation): void {
    const halted = (this.#halted ??= { children: [], executions: [], ends: [] });
    for (let child = this.#first; child !== undefined; child = child.after) {
      if (!child.service && child.halt(cancellation, halted.executions)) {
        halted.children.push(child);
        halted.ends.push(halted.executions.length);
      }
    }
  }

  /** The second half: tears down the children that were halted. */
  tearDown(cancellation: Cancellation): void {
    const halted = this.#halted;
    this.#halted = undefined; // Taken first: a teardown may cancel in turn.
    let from = 0;
    halted?.children.forEach((child, index) => {
      const to = halted.ends[index] ?? from;
      child.tearDown(halted.executions, from, to, cancellation);
      from = to;
    });
  }
}

interface SomeOfThem {
  readonly size: number;
  add(child: Child): void;
  delete(child: Child): void;
  /** One of the other children has ended. */
  settle(): void;
}

/**
 * Halted children; their executions, in the same order; and for each child where its executions end. They share one list: the
 * lists of single children would be half of the cost of a cancel.
 */
interface Halted {
  readonly children: Child[];
  readonly executions: Execution[];
  readonly ends: number[];
}
