import { ApplicationRef, ErrorHandler, PendingTasks, type Injector } from '@angular/core';

import { reportUnhandled } from '../execution/unhandled.ts';

/** The parts of an application that are needed to report to it. */
interface Application {
  readonly ref: ApplicationRef;
  readonly pendingTasks: PendingTasks;
  readonly errorHandler: ErrorHandler;
}

/** Reports errors that reach no caller to the `ErrorHandler` of the application, as Angular does with its own errors. */
export class Reporter {
  readonly #injector: Injector;
  #prepared = false;
  #application: Application | undefined;

  constructor(injector: Injector) {
    this.#injector = injector;
  }

  /**
   * Looks up the `ErrorHandler` soon, while the application lives: a cleanup may fail after the application has been destroyed.
   * It does not do so at once: the handler may be under construction, and Angular remembers a circular dependency.
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
      // This is the public way to the handler. In tests it also throws, and rejects whenStable().
      application.pendingTasks.run(() => Promise.reject(error));
    }
  }
}

/** The application of the injector; undefined if it belongs to none. */
function find(injector: Injector): Application | undefined {
  const ref = injector.get(ApplicationRef, null);
  const pendingTasks = injector.get(PendingTasks, null);
  const errorHandler = ref?.injector.get(ErrorHandler, null) ?? null;
  return ref === null || pendingTasks === null || errorHandler === null
    ? undefined
    : { ref, pendingTasks, errorHandler };
}
