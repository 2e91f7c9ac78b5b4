/**
 * The time that passes for code that listens, in ms. That in which its thread was busy with something else does not count: what has
 * been said meanwhile is heard only after that.
 */
export class ListeningTime {
  /** How often it is looked at, in ms. */
  readonly #period: number;
  #lookedAt = performance.now();

  constructor(period: number) {
    this.#period = period;
  }

  /** How much has passed since the last look. */
  look(): number {
    const now = performance.now();
    const passed = Math.min(now - this.#lookedAt, 2 * this.#period);
    this.#lookedAt = now;
    return passed;
  }
}
