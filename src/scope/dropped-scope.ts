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

// The scopes that may be dropped though other code holds their lifetimes, and that no garbage collection has found open. An entry
// in the registry and a weak reference cost more than everything else in a scope that is opened and closed, and most scopes close
// before the next collection. Until that nothing is dropped.
const young: Droppable[] = [];
let watching = false;

// An object that nothing holds shows when a collection has been.
const collections =
  registry &&
  new FinalizationRegistry<undefined>(() => {
    watching = false;
    for (const scope of young.splice(0)) {
      scope.growUp();
    }
  });

/**
 * A scope that may be dropped, that is, collected before it is closed. It must not swallow the failures of what it owned.
 *
 * While there are no failures to lose, and no other code holds this, its collection does not matter. So until then the scope is held
 * here, and gets no entry in the registry.
 *
 * It has no private methods, and no class that extends it has: for each class with some, V8 gives each object another field.
 */
export abstract class Droppable {
  /** Whether the scope has been collected, so that no code will close it. */
  isDropped = false;
  /** The scope it is nested in. */
  abstract outer: Droppable | undefined;
  // The scope while there are no failures to lose; from then on the failures.
  #kept: object;
  // Invariant: young[#place] is this, if it is in that list; otherwise #place is -1.
  #place = -1;

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

  /** From here on other code holds this, so that after the next collection it must not hold the scope. */
  protected mayBeDropped(): void {
    if (collections === undefined || this.#place >= 0 || this.#kept instanceof Failures) {
      return;
    }
    this.#place = young.push(this) - 1;
    if (!watching) {
      watching = true;
      collections.register({}, undefined);
    }
  }

  /** It has closed, so that nothing in it can be lost. */
  protected cannotBeDropped(): void {
    const last = this.#place < 0 ? undefined : young.pop();
    if (last !== undefined && last !== this) {
      young[this.#place] = last; // Their order does not matter.
      last.#place = this.#place;
    }
    this.#place = -1;
  }

  /** It is no longer in the list of the young ones. */
  growUp(): void {
    this.#place = -1;
    this.keepFailures();
  }

  /** From here on there may be failures to lose. */
  keepFailures(): Failures {
    if (this.#kept instanceof Failures) {
      return this.#kept;
    }
    const failures = this.keepOwnFailures();
    this.nestFailures(failures);
    return failures;
  }

  protected keepOwnFailures(): Failures {
    const failures = new Failures(this.name);
    this.cannotBeDropped();
    registry?.register(this.#kept, { owner: new WeakRef(this), failures });
    this.#kept = failures;
    return failures;
  }

  /** The scopes around it are told where its failures are, in a loop: the depth of nested scopes must not need the stack. */
  protected nestFailures(failures: Failures): void {
    let inner = failures;
    let outer = this.outer;
    while (outer !== undefined) {
      const known = outer.failures;
      const own = known ?? outer.keepOwnFailures();
      (own.nested ??= new Set()).add(inner);
      inner = own;
      outer = known === undefined ? outer.outer : undefined;
    }
  }

  /** Reports the failures of a dropped scope, which no code will close. */
  reportIfDropped(): void {
    if (this.isDropped && !this.closes && this.hasFailed) {
      // A result may be held though the scope is not, so there is one macrotask in which it may be asked for.
      setTimeout(() => outside(() => this.takeFailures().forEach(reportUnhandled)));
    }
  }
}
