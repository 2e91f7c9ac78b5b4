import { outside } from '../execution/current-call.ts';
import { Failures } from './failures.ts';
import { reportUnhandled } from '../execution/unhandled.ts';

interface Held {
  readonly owner: WeakRef<Droppable>;
  readonly failures: Failures;
}

// A registry holds what it is given for as long as the scope lives. Through failures, reasons or the body of a run, that may
// well reach the scope, which could then never be collected. So the registry holds only what must not vanish.
const registry =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Held>(({ owner, failures }) => {
        const living = owner.deref();
        if (living === undefined) {
          failures.takeAll().forEach(reportUnhandled); // Collected as well, so nothing of it runs, and no result is held.
        } else {
          living.dropped();
        }
      });

/**
 * A scope that may be dropped, that is, collected before it is closed. It must not swallow the failures of what it owned.
 *
 * While there are no failures to lose, its collection does not matter. So until then the scope is held here, and gets no entry
 * in the registry: that costs more than everything else in a scope that is opened and closed.
 */
export abstract class Droppable {
  /** Whether the scope has been collected, so that no code will close it. */
  isDropped = false;
  // The scope while there are no failures to lose; from then on the failures.
  #kept: object;

  constructor(scope: object) {
    this.#kept = scope;
  }

  abstract get name(): string;
  /** Whether it closes, or will be closed by its parent. */
  abstract get closes(): boolean;
  /** The scope has been collected. */
  abstract dropped(): void;
  abstract takeFailures(): unknown[];

  /** Undefined while there are no failures to lose. */
  get failures(): Failures | undefined {
    return this.#kept instanceof Failures ? this.#kept : undefined;
  }

  /** Whether there are failures that have reached no caller. */
  get hasFailed(): boolean {
    return this.#kept instanceof Failures && this.#kept.size > 0;
  }

  /** From here on there may be failures to lose. */
  keepFailures(): Failures {
    if (this.#kept instanceof Failures) {
      return this.#kept;
    }
    const failures = new Failures(this.name);
    registry?.register(this.#kept, { owner: new WeakRef(this), failures });
    this.#kept = failures;
    return failures;
  }

  /** Reports the failures of a dropped scope, which no code will close. */
  reportIfDropped(): void {
    if (this.isDropped && !this.closes && this.hasFailed) {
      // A result may be held though the scope is not, so there is one macrotask in which it may be asked for.
      setTimeout(() => outside(() => this.takeFailures().forEach(reportUnhandled)));
    }
  }
}
