import { asyncScheduler, type Subscription } from 'rxjs';

import { outside } from '../execution/current-call.ts';

/**
 * What the close of a scope has raised, until somebody has heard of it; a macrotask later it is reported. RxJS's own timer, so
 * that it obeys virtual time.
 */
export class UnheardClose {
  readonly #report: (error: Error) => void;
  #error: Error | undefined;
  #timer: Subscription | undefined;

  constructor(report: (error: Error) => void) {
    this.#report = report;
  }

  raise(error: Error): void {
    this.#error = error;
    this.#timer = asyncScheduler.schedule(() =>
      outside(() => {
        this.#report(error);
        this.#error = undefined;
      }),
    );
  }

  /** Somebody hears of it, and nobody else will; undefined if there is nothing to hear. */
  take(): Error | undefined {
    const error = this.#error;
    this.#timer?.unsubscribe();
    this.#error = undefined;
    return error;
  }
}
