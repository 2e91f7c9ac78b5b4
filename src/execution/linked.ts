/** What can be in a list: it knows its neighbours there. */
export interface Link<T> {
  before: T | undefined;
  after: T | undefined;
}

/**
 * A list that is linked through its members. Each member is in at most one of these lists.
 *
 * To make a `Set` and put one thing into it takes 200 bytes, and most of these lists have one member or none.
 */
export class Linked<T extends Link<T>> implements Iterable<T> {
  first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(member: T): void {
    member.before = this.#last;
    if (this.#last === undefined) {
      this.first = member;
    } else {
      this.#last.after = member;
    }
    this.#last = member;
    this.#size++;
  }

  /** Takes `member` out. Returns whether it was in the list. */
  delete(member: T): boolean {
    const { before, after } = member;
    if (before === undefined && member !== this.first) {
      return false;
    }
    if (before === undefined) {
      this.first = after;
    } else {
      before.after = after;
    }
    if (after === undefined) {
      this.#last = before;
    } else {
      after.before = before;
    }
    member.before = undefined;
    member.after = undefined;
    this.#size--;
    return true;
  }

  /** The members of this moment, in their order. */
  all(): T[] {
    const all: T[] = [];
    for (let member = this.first; member !== undefined; member = member.after) {
      all.push(member);
    }
    return all;
  }

  /** Iterates over the members of this moment, including those that leave meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return this.all()[Symbol.iterator]();
  }
}
