import { outside } from '../execution/current-call.ts';
import type { Failures } from './failures.ts';
import { reportUnhandled } from '../execution/unhandled.ts';

/** What a scope owns, as far as this file needs to know it. */
interface Owner {
  readonly failures: Failures;
  /** Nobody holds the scope any longer. */
  dropped(): void;
}

interface Held {
  readonly owner: WeakRef<Owner>;
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

/** A scope that nobody holds any more must not swallow the failures of what it owned. */
export function watchDrop(scope: object, owner: Owner): void {
  registry?.register(scope, { owner: new WeakRef(owner), failures: owner.failures });
}

/** A scope that nobody holds, or perhaps still does, as far as its failures matter. */
interface Droppable {
  readonly isDropped: boolean;
  readonly closes: boolean;
  readonly failures: { readonly size: number };
  takeFailures(): unknown[];
}

/** Reports the failures of a scope that nobody will close. */
export function reportIfDropped(scope: Droppable): void {
  if (scope.isDropped && !scope.closes && scope.failures.size > 0) {
    // A result may be held though the scope is not: it gets a macrotask to be asked.
    setTimeout(() => outside(() => scope.takeFailures().forEach(reportUnhandled)));
  }
}
