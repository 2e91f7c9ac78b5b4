import { NgZone } from '@angular/core';
import type { Subscription } from 'rxjs';

import { timers } from '../scope/cleanup-timeout.ts';

/** What is needed of zone.js, which an application may do without. */
interface Zone {
  readonly parent: Zone | null;
  run<T>(callback: () => T): T;
}

/**
 * Starts the timers of `cleanupTimeout` outside of Angular's zone: a zone with a timer is not stable, and one that is cleared
 * from outside does not become so until something else happens in the zone. Called by all that makes a scope, not on import:
 * bundlers drop what a module does for its effect alone.
 */
export function keepTimersOutside(): void {
  timers.start = outsideAngular;
}

function outsideAngular(schedule: () => Subscription): Subscription {
  if (!NgZone.isInAngularZone()) {
    return schedule();
  }
  // The parent, and not the root: a test's own zone, as that of fakeAsync(), keeps its hands on the timer.
  const { current } = (globalThis as unknown as { readonly Zone: { readonly current: Zone } }).Zone;
  return (current.parent ?? current).run(schedule);
}
