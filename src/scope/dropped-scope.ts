import { outside } from '../execution/current-call.ts';
import { Failures } from './failures.ts';
import { reportUnhandled } from '../execution/unhandled.ts';

interface Held {
  readonly owner: WeakRef<Droppable>;
  readonly failures: Failures;
}

// A registry holds what it is given for as long as the scope lives, and through failures, reasons or the body of a run
// that may well reach the scope, which could then never be collected. So it holds no more than what must not vanish.
const registry =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Held>(({ owner, failures }) => {
        const living = owner.deref();
        if (living === undefined) {
          failures.takeAll().forEach(reportUnhandled); // Collected as well: nothing of it runs, and no result is held.
        } else {
          living.dropped();
        }
      });

/**
 * A scope as far as it may be dropped: one that nobody holds any more must not swallow the failures of what it owned.
 *
 * While there is nothing to lose, nobody needs to hear of it when it is collected. So until then it is held here, and an entry in
 * the registry, which costs more than all the rest of a scope that is opened and closed, is made only after that.
 */
export abstract class Droppable {
  /** None, while there is nothing to lose. */
  failures: Failures | undefined;
  /** Nobody holds the scope any longer, so nobody will close it. */
  isDropped = false;
  // None, from then on.
  #scope: object | undefined;

  constructor(scope: object) {
    this.#scope = scope;
  }

  abstract get name(): string;
  /** Whether it closes, or will be closed by its parent. */
  abstract get closes(): boolean;
  /** Nobody holds the scope any longer. */
  abstract dropped(): void;
  abstract takeFailures(): unknown[];

  /** Something has failed, and nobody has heard of it. */
  get hasFailed(): boolean {
    return this.failures !== undefined && this.failures.size > 0;
  }

  /** There is something to lose from here on. */
  keepFailures(): Failures {
    this.failures ??= new Failures(this.name);
    if (this.#scope !== undefined) {
      registry?.register(this.#scope, { owner: new WeakRef(this), failures: this.failures });
      this.#scope = undefined;
    }
    return this.failures;
  }

  /** Reports the failures of a scope that nobody will close. */
  reportIfDropped(): void {
    if (this.isDropped && !this.closes && this.hasFailed) {
      // A result may be held though the scope is not: it gets a macrotask to be asked.
      setTimeout(() => outside(() => this.takeFailures().forEach(reportUnhandled)));
    }
  }
}
