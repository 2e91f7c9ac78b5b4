const SIGNALS = 0;
const TAKEN = 1;
const CANCELLED = 2;

/** How many values may be under way, each by its weight: a thread that is that far ahead stands still until some have been taken. */
const MOST = 1000;

/**
 * What two threads share beside their messages: how many values of the one the other has taken, and which call it has cancelled.
 * So a thread that produces values faster than they are taken can be held, and told, in the midst of a loop.
 */
export class Valve {
  readonly cells: Int32Array<SharedArrayBuffer>;
  // In the thread that sends.
  #sent = 0;

  constructor(cells = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))) {
    this.cells = cells;
  }

  /** In the thread that sends, before each value: stands still while too many are under way, unless `id` is cancelled. */
  pass(id: number, weight = 1): void {
    for (;;) {
      // Before the look at the others: a signal after that ends the wait at once.
      const signals = Atomics.load(this.cells, SIGNALS);
      const ahead = this.#sent - Atomics.load(this.cells, TAKEN);
      if (ahead < MOST || this.isCancelled(id)) {
        this.#sent += weight;
        return;
      }
      Atomics.wait(this.cells, SIGNALS, signals);
    }
  }

  isCancelled(id: number): boolean {
    return Atomics.load(this.cells, CANCELLED) === id;
  }

  /** In the other thread, after each value. */
  taken(weight = 1): void {
    Atomics.add(this.cells, TAKEN, weight);
    this.#signal();
  }

  cancel(id: number): void {
    Atomics.store(this.cells, CANCELLED, id);
    this.#signal();
  }

  #signal(): void {
    Atomics.add(this.cells, SIGNALS, 1);
    Atomics.notify(this.cells, SIGNALS);
  }
}
