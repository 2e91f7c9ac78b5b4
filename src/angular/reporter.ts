import { ApplicationRef, ErrorHandler, PendingTasks, type Injector } from '@angular/core';

import { reportUnhandled } from '../execution/unhandled.ts';

/** What of an application is needed to report to it. */
interface Application {
  readonly ref: ApplicationRef;
  readonly pendingTasks: PendingTasks;
  readonly errorHandler: ErrorHandler;
}

/** Gets what nobody else hears to the `ErrorHandler` of the application, as Angular does with errors of its own. */
export class Reporter {
  readonly #injector: Injector;
  #prepared = false;
  #application: Application | undefined;

  constructor(injector: Injector) {
    this.#injector = injector;
  }

  /**
   * Gets hold of the `ErrorHandler` soon, while the application lives: what cleans up may fail when that has been destroyed.
   * Not at once: the handler may be being made, and what is found to be circular stays so for Angular.
   */
  prepare(): void {
    if (!this.#prepared) {
      this.#prepared = true;
      queueMicrotask(() => this.#find());
    }
  }

  #find(): Application | undefined {
    try {
      this.#application ??= find(this.#injector);
    } catch {
      // The injector has been destroyed.
    }
    return this.#application;
  }

  report(error: unknown): void {
    const application = this.#find();
    if (application === undefined) {
      reportUnhandled(error);
    } else if (application.ref.destroyed) {
      application.errorHandler.handleError(error);
    } else {
      // The public way to the handler that in tests throws, and rejects whenStable(), too.
      application.pendingTasks.run(() => Promise.reject(error));
    }
  }
}

/** Undefined, if the injector belongs to no application. */
function find(injector: Injector): Application | undefined {
  const ref = injector.get(ApplicationRef, null);
  const pendingTasks = injector.get(PendingTasks, null);
  const errorHandler = ref?.injector.get(ErrorHandler, null) ?? null;
  return ref === null || pendingTasks === null || errorHandler === null
    ? undefined
    : { ref, pendingTasks, errorHandler };
}
