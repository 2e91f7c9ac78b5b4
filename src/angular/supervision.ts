import type { PendingTasks } from '@angular/core';
import { asyncScheduler } from 'rxjs';

import { outside } from '../execution/current-call.ts';
import { parts } from '../scope/failures.ts';
import type { Lifetime } from '../scope/lifetime.ts';
import type { Supervisor } from '../scope/supervisor.ts';
import type { Reporter } from './reporter.ts';

interface Settings {
  /** Called when the scope is cancelled, once or more. */
  readonly cancelled: () => void;
  /** Whether the errors of its close go to a parent. */
  readonly nested: boolean;
  /** Keeps the application waiting; undefined if it must not wait. */
  readonly pendingTasks: PendingTasks | undefined;
}

/**
 * Looks after an injected scope: keeps the application pending while something runs in it, reports failures that reach no
 * caller, and closes it once it has been cancelled.
 */
export class Supervision implements Supervisor {
  readonly #lifetime: Lifetime;
  readonly #reporter: Reporter;
  readonly #settings: Settings;
  // Ends the pending task. Invariant: defined while something runs, and until its failures have been reported.
  #release: (() => void) | undefined;
  #idle = true;
  #reporting = false;

  constructor(lifetime: Lifetime, reporter: Reporter, settings: Settings) {
    this.#lifetime = lifetime;
    this.#reporter = reporter;
    this.#settings = settings;
  }

  busy(): void {
    this.#idle = false;
    this.#release ??= this.#settings.pendingTasks?.add();
    this.#reporter.prepare();
  }

  cancelled(): void {
    this.#settings.cancelled();
  }

  idle(): void {
    this.#idle = true;
    if (this.#lifetime.closed || this.#reporting) {
      return;
    }
    if (!this.#lifetime.hasFailed) {
      this.#settle();
      return;
    }
    // A failure may be on its way to a waiter, or a caller that awaited other results awaits the failed one next.
    this.#reporting = true;
    asyncScheduler.schedule(() => outside(() => this.#reportFailures()));
  }

  /** Such a scope may live as long as the page, so it must not keep failures that reached no caller. */
  #reportFailures(): void {
    this.#reporting = false;
    if (!this.#idle) {
      return;
    }
    if (!this.#lifetime.closed && !this.#settings.nested) {
      this.#lifetime.takeFailures().forEach((error) => this.#reporter.report(error));
    }
    this.#settle();
  }

  #settle(): void {
    this.#release?.();
    this.#release = undefined;
    if (this.#lifetime.cancellation !== undefined) {
      this.#lifetime.close(); // Nothing can be started in it any more.
    }
  }

  undelivered(error: unknown): void {
    (error instanceof Error ? parts(error) : [error]).forEach((each) => this.#reporter.report(each));
  }
}
