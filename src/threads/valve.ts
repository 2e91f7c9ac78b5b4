const SIGNALS = 0;
const TAKEN = 1;
const CANCELLED = 2;

/** How many values may be under way, each by its weight. A thread that is so far ahead is blocked until some have been taken. */
const MOST = 1000;

/**
 * What two threads share besides their messages: how many values of one thread the other has taken, and which call it has
 * cancelled. So a thread that produces values faster than they are taken can be blocked, and told of a cancel, in the middle of
 * a loop.
 */
export class Valve {
  readonly cells: Int32Array<SharedArrayBuffer>;
  // How many values this thread has sent, if it is the one that sends.
  #sent = 0;

  constructor(cells = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))) {
    this.cells = cells;
  }

  /** Called in the thread that sends, before each value. It blocks while too many are under way, unless `id` is cancelled. */
  pass(id: number, weight = 1): void {
    for (;;) {
      // Read first: a signal that comes after this ends the wait at once.
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

  /** Called in the other thread, after each value. */
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
