import type { Cancellation } from '../execution/cancellation.ts';
import { cascade } from '../execution/cascade.ts';
import { atOnce } from '../execution/current-call.ts';
import type { Child } from './child.ts';
import type { CleanupTimeout } from './cleanup-timeout.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { Execution } from '../execution/execution.ts';
import { Linked } from '../execution/linked.ts';

/** Cancels some children together, in the two halves of a cancel: all are halted before any is torn down. */
export function cancelAll(children: readonly Child[], cancellation: Cancellation): void {
  atOnce(() =>
    cascade(() => children.map((child) => halt(child, cancellation)).forEach((tearDown) => tearDown?.())),
  );
}

/** The first half of the cancel of a child. Returns the second half; undefined, if the child had ended before. */
export function halt(child: Child, cancellation: Cancellation): (() => void) | undefined {
  const halted: Execution[] = [];
  return child.halt(cancellation, halted)
    ? () => child.tearDown(halted, 0, halted.length, cancellation)
    : undefined;
}

/** The children that are queued, running, or cleaning up, in the order of their start. */
export class Children extends Linked<Child> {
  /** None, where there is no limit. */
  readonly places: ConcurrencyLimit | undefined;
  /** None, while none of them cleans up. */
  cleanupTimeout: CleanupTimeout | undefined;
  #started = 0;
  // The children that are cancelled and not torn down yet, if any.
  #halted: Halted | undefined;
  /** The children that are services. Undefined until the first of these is started. */
  services: SomeOfThem | undefined;

  /** `concurrency`: how many may run at once. */
  constructor(concurrency: number) {
    super();
    if (concurrency !== Infinity) {
      this.places = new ConcurrencyLimit(concurrency);
    }
  }

  /** How many of the children are no services. */
  get working(): number {
    return this.size - (this.services?.size ?? 0);
  }

  /** The number of the next child: 1, 2, 3… */
  nextId(): number {
    return ++this.#started;
  }

  /** Takes out a child that is in the list. */
  override delete(child: Child): boolean {
    this.services?.delete(child);
    this.cleanupTimeout?.delete(child);
    return super.delete(child);
  }

  /**
   * The first half of their cancel. All are halted before anything is torn down, since a cleanup may let others go on. Services
   * go on until the others have ended.
   */
  halt(cancellation: Cancellation): void {
    const halted = (this.#halted ??= { children: [], executions: [], ends: [] });
    for (let child = this.first; child !== undefined; child = child.after) {
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
