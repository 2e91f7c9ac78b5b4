import type { Child } from './child.ts';
import type { Waiting } from '../result/result.ts';

/** A child's part in the limit: whether it has a place, how many of its waits have given that to others, who waits for it. */
interface Place {
  placed: boolean;
  yielded: number;
  readonly waits: Set<WaitOfChild>;
}

/** A child waits for another of its scope. */
interface WaitOfChild {
  readonly waiter: Child;
  /** It has given up its place for that. */
  yields: boolean;
}

/**
 * Who may run under `concurrency`: first come, first served. A child keeps its place until its cleanup has ended, except
 * while it waits for another of its scope that is queued, or that has given up its own place: else all places could be held
 * by those who wait, through others, for somebody in the queue.
 *
 * A child that goes on after such a wait takes its place back at once, so for a while more than the limit may be there; no
 * queued child is begun until that is over.
 */
export class ConcurrencyLimit {
  readonly #limit: number;
  readonly #queue = new Set<Child>();
  // Goes on where it has come to: the engine would pass all that have left a set to find the first one that is still in there.
  readonly #next = this.#queue.values();
  // Of the children that have one.
  readonly #places = new Map<Child, Place>();
  #taken = 0;
  // A failure is about to cancel the scope: nothing queued is begun any more.
  #closedBy = 0;
  #admitting = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Begins a child if there is a place for it and nobody waits in the queue; else it waits for its turn, and is false. A service
   * needs no place.
   */
  admit(child: Child): boolean {
    const begins = child.service || (this.#queue.size === 0 && this.#available());
    if (begins) {
      this.#begin(child);
    } else {
      child.execution?.keepContext();
      this.#queue.add(child);
    }
    return begins;
  }

  #available(): boolean {
    return this.#taken < this.#limit && this.#closedBy === 0;
  }

  #begin(child: Child): void {
    this.#place(child);
    child.begin();
  }

  // A loop, and not entered twice: a queue of children that end synchronously must not need the stack.
  #admitQueued(): void {
    if (this.#admitting || this.#queue.size === 0) {
      return;
    }
    this.#admitting = true;
    while (this.#queue.size > 0 && this.#available()) {
      const next = this.#next.next().value as Child; // Not at its end: whom it has passed has left the queue.
      this.#queue.delete(next);
      this.#begin(next);
    }
    this.#admitting = false;
  }

  /** What it means that `waiter` waits for `awaited`. */
  waiting(waiter: Child, awaited: Child): Waiting {
    const wait: WaitOfChild = { waiter, yields: false };
    return {
      begin: () => {
        const place = this.#placeOf(awaited);
        place.waits.add(wait);
        if (awaited.state === 'queued' || place.yielded > 0) {
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

  // A list, not a recursion: those who wait for one that yields do so, too, however long that chain is.
  #yield(wait: WaitOfChild): void {
    const waits = [wait];
    for (const each of waits) {
      const { waiter } = each;
      if (!each.yields) {
        const place = this.#placeOf(waiter);
        each.yields = true;
        place.yielded++;
        waits.push(...place.waits);
        this.#vacate(place);
      }
    }
    this.#admitQueued();
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

  /** From a failure to the cancel it causes nothing is begun. */
  pause(): void {
    this.#closedBy++;
  }

  resume(): void {
    this.#closedBy--;
    this.#admitQueued();
  }

  /** The scope is cancelled, or shut down: nobody in the queue has a turn. Returns who was there. */
  dropQueue(): Child[] {
    const queued = [...this.#queue];
    this.#queue.clear();
    return queued;
  }
}
