/** Releases one resource. Calls `over` when that is done, however it ends. */
export type Release = (over: () => void) => void;

/** The resources that the code of an execution has acquired. */
export class Resources {
  readonly #releases: Release[] = [];

  add(release: Release): void {
    this.#releases.push(release);
  }

  /** Releases the last resource first, each one when the release before it is over; then calls `over`. */
  release(over: () => void): void {
    // A loop over those that end at once: their number must not need the stack.
    for (let next = this.#releases.pop(); next !== undefined; next = this.#releases.pop()) {
      const turn = new Turn(() => this.release(over));
      next(turn.over);
      if (!turn.endsHere()) {
        return;
      }
    }
    over();
  }
}

/** One release, which may be over before it has returned. */
class Turn {
  #isOver = false;
  #hasReturned = false;
  readonly over: () => void;

  constructor(goOn: () => void) {
    this.over = () => {
      this.#isOver = true;
      if (this.#hasReturned) {
        goOn();
      }
    };
  }

  /** It has returned. Says whether it is over; if it is not, it will go on by itself. */
  endsHere(): boolean {
    this.#hasReturned = true;
    return this.#isOver;
  }
}

/** Starts all `waits`, and calls `over` when each of them has called its callback; at once, if there are none. */
export function afterAll(waits: readonly Release[], over: () => void): void {
  let missing = waits.length + 1;
  const one = (): void => {
    missing--;
    if (missing === 0) {
      over();
    }
  };
  waits.forEach((wait) => wait(one));
  one();
}
