import { Observable } from 'rxjs';

import { Caller } from './caller.ts';
import type { CallOptions, CheckedFleetOptions } from './options.ts';

// What the thread of block() runs: it makes the call, while the thread that wants it sleeps.

const callers = new Map<string, Caller>();

/**
 * Makes a call as any caller does. A thread has one caller for each module. Meanwhile it renews the lease of the `sleeper`, the
 * caller in the thread that waits, whose other calls go on.
 */
export function call(
  href: string,
  options: CheckedFleetOptions,
  name: string,
  args: string,
  how: CallOptions,
  sleeper: string | undefined,
): Observable<unknown> {
  const key = JSON.stringify([href, options.queue]);
  const caller = callers.get(key) ?? new Caller(href, options);
  callers.set(key, caller);
  return new Observable((subscriber) => {
    const release = sleeper === undefined ? undefined : caller.keep(sleeper);
    const teardown = caller.start(name, args, how, subscriber);
    return () => {
      release?.();
      teardown();
    };
  });
}
