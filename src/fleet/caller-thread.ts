import { Observable } from 'rxjs';

import { Caller } from './caller.ts';
import type { CallOptions, CheckedFleetOptions } from './options.ts';

// The program of the thread of block(). It makes the call, while the calling thread sleeps.

const callers = new Map<string, Caller>();

/**
 * Makes a call as any caller does. A thread has one caller for each module. The `sleeper` is the caller in the thread that
 * sleeps: its other calls go on, so this thread renews its lease.
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
