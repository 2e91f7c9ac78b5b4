import type { PendingTasks } from '@angular/core';
import { asyncScheduler } from 'rxjs';

import { outside } from '../current.ts';
import { parts } from '../failures.ts';
import type { Lifetime } from '../lifetime.ts';
import type { Supervisor } from '../supervisor.ts';
import type { Reporter } from './reporter.ts';

/** Keeps the application pending while something goes on in an injected scope, and reports what nobody hears of. */
export class Supervision implements Supervisor {
  readonly #lifetime: Lifetime;
  readonly #reporter: Reporter;
  // Where the application is to wait.
  readonly #pendingTasks: PendingTasks | undefined;
  // Ends the pending task. Invariant: defined while something goes on, and until its failures have been reported.
  #release: (() => void) | undefined;
  #idle = true;

  constructor(lifetime: Lifetime, reporter: Reporter, pendingTasks: PendingTasks | undefined) {
    this.#lifetime = lifetime;
    this.#reporter = reporter;
    this.#pendingTasks = pendingTasks;
  }

  busy(): void {
    this.#idle = false;
    this.#release ??= this.#pendingTasks?.add();
    this.#reporter.prepare();
  }

  idle(): void {
    if (this.#idle) {
      return;
    }
    this.#idle = true;
    if (this.#lifetime.failures.size === 0) {
      this.#settle();
    } else {
      // Whoever has waited for the others may ask for the failed one next.
      asyncScheduler.schedule(() => outside(() => this.#reportFailures()));
    }
  }

  /** A scope that goes on, maybe for as long as the page, must not keep to itself what reached nobody. */
  #reportFailures(): void {
    if (!this.#idle) {
      return;
    }
    if (this.#lifetime.cancellation === undefined && !this.#lifetime.closed) {
      this.#lifetime.takeFailures().forEach((error) => this.#reporter.report(error));
    }
    this.#settle();
  }

  #settle(): void {
    this.#release?.();
    this.#release = undefined;
  }

  unheard(error: unknown): void {
    (error instanceof Error ? parts(error) : [error]).forEach((each) => this.#reporter.report(each));
  }
}
