import type { Child } from './child.ts';
import { enqueue } from '../execution/queue.ts';
import type { Waiting } from '../result/producer.ts';

/**
 * A child's part in the limit: whether it has a place, how many of its waits have given the place to others, and which children
 * wait for it.
 */
interface Place {
  placed: boolean;
  yielded: number;
  readonly waits: Set<WaitOfChild>;
}

/** A child waits for another child of its scope. */
interface WaitOfChild {
  readonly waiter: Child;
  /** Whether it has given up its place for that. */
  yields: boolean;
}

/**
 * Decides which children run under `concurrency`: first come, first served. A child keeps its place until its cleanup has
 * ended. But it gives the place up while it waits for another child of its scope that is queued, or that has given up its own
 * place. Otherwise all places could be held by children that wait, directly or not, for a queued one.
 *
 * A child that goes on after such a wait takes its place back at once. So for a while more children than the limit may run. No
 * queued child is begun until that is over.
 */
export class ConcurrencyLimit {
  readonly #limit: number;
  readonly #queue = new Set<Child>();
  // An iterator that is kept: a new one would pass all children that have left the set, before it finds the first one that is
  // still there.
  readonly #next = this.#queue.values();
  // The children that have a part in the limit.
  readonly #places = new Map<Child, Place>();
  #taken = 0;
  // How many failures are about to cancel the scope: meanwhile no queued child is begun.
  #closedBy = 0;
  #admitting = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Begins a child if there is a place for it and the queue is empty; otherwise queues it. Returns whether it has begun. A
   * service needs no place.
   */
  admit(child: Child): boolean {
    const begins = child.service || (this.#queue.size === 0 && this.#available());
    if (begins) {
      return this.#begin(child);
    }
    child.execution?.keepContext();
    this.#queue.add(child);
    return false;
  }

  /** A child is queued that others may have waited for before that was known. They give up their places. */
  queued(child: Child): void {
    if (this.#queue.has(child)) {
      this.#places.get(child)?.waits.forEach((wait) => this.#yield(wait));
    }
  }

  #available(): boolean {
    return this.#taken < this.#limit && this.#closedBy === 0;
  }

  #begin(child: Child): boolean {
    this.#place(child);
    return child.begin();
  }

  // A loop that is not entered twice: a queue of children that end synchronously must not need the stack.
  #admitQueued(): void {
    if (this.#admitting || this.#queue.size === 0) {
      return;
    }
    this.#admitting = true;
    while (this.#queue.size > 0 && this.#available()) {
      const next = this.#next.next().value as Child; // It is not at its end: children it has passed have left.
      this.#queue.delete(next);
      this.#begin(next);
    }
    this.#admitting = false;
  }

  /** What happens while `waiter` waits for `awaited`. */
  waiting(waiter: Child, awaited: Child): Waiting {
    const wait: WaitOfChild = { waiter, yields: false };
    return {
      begin: () => {
        const place = this.#placeOf(awaited);
        place.waits.add(wait);
        if (this.#queue.has(awaited) || place.yielded > 0) {
          this.#yield(wait);
        }
      },
      end: () => {
        this.#places.get(awaited)?.waits.delete(wait);
        if (wait.yields) {
          this.#takeBack(waiter);
        }
      },
    };
  }

  // A list, not a recursion: the children that wait for a yielding one yield as well, however long that chain is.
  #yield(wait: WaitOfChild): void {
    const waits = [wait];
    for (const each of waits) {
      const { waiter } = each;
      // One that has ended may have left a subscription behind: it has no place to give up, and must not take one back.
      if (!each.yields && !waiter.ended) {
        const place = this.#placeOf(waiter);
        each.yields = true;
        place.yielded++;
        waits.push(...place.waits);
        this.#vacate(place);
      }
    }
    // Not at once: the waiter has yet to come to its wait. A queued child that fails at once must find it there.
    enqueue({ proceed: () => this.#admitQueued() });
  }

  #takeBack(child: Child): void {
    const place = this.#places.get(child);
    if (place !== undefined) {
      place.yielded--;
      if (place.yielded === 0) {
        this.#place(child);
      }
    }
  }

  left(child: Child): void {
    this.#queue.delete(child);
    const place = this.#places.get(child);
    if (place !== undefined) {
      this.#places.delete(child);
      this.#vacate(place);
    }
    this.#admitQueued();
  }

  #placeOf(child: Child): Place {
    let place = this.#places.get(child);
    if (place === undefined) {
      place = { placed: false, yielded: 0, waits: new Set() };
      this.#places.set(child, place);
    }
    return place;
  }

  #place(child: Child): void {
    if (!child.service) {
      this.#placeOf(child).placed = true;
      this.#taken++;
    }
  }

  #vacate(place: Place): void {
    if (place.placed) {
      place.placed = false;
      this.#taken--;
    }
  }

  /** Nothing is begun from a failure to the cancel that it causes. */
  pause(): void {
    this.#closedBy++;
  }

  resume(): void {
    this.#closedBy--;
    this.#admitQueued();
  }

  /** The scope is cancelled or shut down, so no queued child has a turn. Returns the queued children. */
  dropQueue(): Child[] {
    const queued = [...this.#queue];
    this.#queue.clear();
    return queued;
  }
}
