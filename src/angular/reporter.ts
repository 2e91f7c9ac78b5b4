import { ApplicationRef, ErrorHandler, PendingTasks, type Injector } from '@angular/core';

import { reportUnhandled } from '../ledger.ts';

/** Gets what nobody else hears to the `ErrorHandler` of the application, as Angular does with errors of its own. */
export class Reporter {
  readonly #application: ApplicationRef | null;
  readonly #pendingTasks: PendingTasks | null;
  #errorHandler: ErrorHandler | null | undefined;

  constructor(injector: Injector) {
    // None, where the injector belongs to no application.
    this.#application = injector.get(ApplicationRef, null);
    this.#pendingTasks = injector.get(PendingTasks, null);
  }

  /** Gets hold of the `ErrorHandler` while the application lives: what cleans up may fail when that has been destroyed. */
  prepare(): void {
    if (this.#errorHandler === undefined && this.#application?.destroyed === false) {
      try {
        this.#errorHandler = this.#application.injector.get(ErrorHandler, null);
      } catch {
        // It is being made, and what it depends on starts something: another time.
      }
    }
  }

  report(error: unknown): void {
    if (this.#pendingTasks !== null && this.#application?.destroyed === false) {
      // The public way to the handler that in tests throws, and rejects whenStable(), too.
      this.#pendingTasks.run(() => Promise.reject(error));
    } else if (this.#errorHandler) {
      this.#errorHandler.handleError(error);
    } else {
      reportUnhandled(error);
    }
  }
}
