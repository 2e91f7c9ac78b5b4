import { NgZone } from '@angular/core';
import type { Subscription } from 'rxjs';

import { timers } from '../scope/cleanup-timeout.ts';

/** What this file uses of zone.js, which an application may do without. */
interface Zone {
  readonly parent: Zone | null;
  run<T>(callback: () => T): T;
}

/**
 * Starts the timers of `cleanupTimeout` outside of Angular's zone. A zone with a timer is not stable. If the timer is cleared
 * from outside, the zone becomes stable only when something else happens in it. Every function that makes a scope calls this;
 * an import does not, since bundlers drop what a module does for its effect alone.
 */
export function keepTimersOutside(): void {
  timers.start = outsideAngular;
}

function outsideAngular(schedule: () => Subscription): Subscription {
  if (!NgZone.isInAngularZone()) {
    return schedule();
  }
  // The parent zone, not the root: the zone of a test, such as that of fakeAsync(), must still control the timer.
  const { current } = (globalThis as unknown as { readonly Zone: { readonly current: Zone } }).Zone;
  return (current.parent ?? current).run(schedule);
}
