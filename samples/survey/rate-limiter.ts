// A service: an object whose tamed methods share its state, and one of which runs for ever. What to watch for: nothing here
// stops it. It lives as long as the scope in which it is started, and its code is a plain `while (true)`.
import { Subject, take } from 'rxjs';

import { sleep, tamed } from 'async-tamer';

/** Hands out at most so many tokens a second; a caller that comes too early waits. */
export class RateLimiter {
  readonly #perSecond: number;
  // How many tokens may lie ready, so that a pause can be made up for: a tenth of a second's.
  readonly #most: number;
  #tokens: number;
  // Tells waiting callers that there may be a token for them.
  readonly #made$ = new Subject<void>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#most = Math.max(1, perSecond / 10);
    this.#tokens = this.#most;
  }

  /** Makes tokens until it is cancelled. */
  readonly generateTokens = tamed(function* generateTokens(this: RateLimiter): Generator<never, never> {
    let last = performance.now();
    while (true) {
      // Timers are late, and none is shorter than a millisecond: what counts is the time that has passed.
      yield* sleep(Math.max(10, 1000 / this.#perSecond));
      const now = performance.now();
      const made = ((now - last) / 1000) * this.#perSecond;
      last = now;
      this.#tokens = Math.min(this.#tokens + made, this.#most);
      this.#made$.next();
    }
  });

  /** Waits for a token and takes it. */
  readonly getToken = tamed(function* (this: RateLimiter): Generator<never, void> {
    // No lock: between the look at the tokens and the taking of one, no other code runs.
    while (this.#tokens < 1) {
      yield* tamed.from(this.#made$.pipe(take(1)));
    }
    this.#tokens -= 1;
  });
}
