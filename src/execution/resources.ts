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
    const next = this.#releases.pop();
    if (next === undefined) {
      over();
    } else {
      next(() => this.release(over));
    }
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
