/** How long values are delivered in one turn of the event loop, in ms. */
const SHORT = 20;

/** A call that has values to deliver, and perhaps how it has ended. */
export interface Delivering {
  /** Delivers until `deadline`, a time of `performance.now()`, and one value at least. Returns whether more is left. */
  deliver(deadline: number): boolean;
}

/**
 * Delivers what has come for the calls of one caller, for a short while in each turn of the event loop. However slowly all
 * consumers together take their values: between two turns this process renews its lease, and so is not taken for lost.
 */
export class Deliveries {
  // Invariant: a call is in here once, and not while it delivers. While any is in here, a turn is scheduled.
  readonly #waiting = new Set<Delivering>();
  // When this turn is over; undefined while none is scheduled.
  #deadline: number | undefined;

  /** Delivers at once if this turn has time left, else in one of the next. */
  add(call: Delivering): void {
    const deadline = this.#deadline ?? this.#nextTurn();
    const isFirst = this.#waiting.size === 0 && performance.now() < deadline;
    if (!isFirst || call.deliver(deadline)) {
      this.#waiting.add(call);
    }
  }

  #nextTurn(): number {
    setImmediate(() => this.#turn());
    this.#deadline = performance.now() + SHORT;
    return this.#deadline;
  }

  #turn(): void {
    this.#deadline = undefined;
    if (this.#waiting.size === 0) {
      return;
    }
    // Before anything is delivered: a consumer may turn the event loop itself, by `block()`.
    const deadline = this.#nextTurn();
    for (const call of this.#waiting) {
      this.#waiting.delete(call);
      if (call.deliver(deadline)) {
        this.#waiting.add(call);
      }
      if (performance.now() >= deadline) {
        return;
      }
    }
  }
}
