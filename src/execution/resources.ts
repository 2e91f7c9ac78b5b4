/** Releases one resource, and says when that is over, however it ends. */
export type Release = (over: () => void) => void;

/** What the code of an execution has acquired. */
export class Resources {
  readonly #releases: Release[] = [];

  add(release: Release): void {
    this.#releases.push(release);
  }

  /** Releases the last one first, each when the one before is over; then calls `over`. */
  release(over: () => void): void {
    const next = this.#releases.pop();
    if (next === undefined) {
      over();
    } else {
      next(() => this.release(over));
    }
  }
}

/** Calls `over` when each of `waits` has called what it is given: at once, where there are none. */
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
