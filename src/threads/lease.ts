import { EventEmitter } from 'node:events';

import type { Thread } from './thread.ts';
import type { PoolCall } from './thread-call.ts';

/** Piscina also takes this in the place of an `AbortSignal`. An `AbortController` costs ten times as much. */
class Abort extends EventEmitter {
  aborted = false;

  abort(): void {
    this.aborted = true;
    this.emit('abort');
  }
}

/**
 * A thread that is held, to run one call after the other:
 *
 *     starting ──▶ idle ◀──▶ busy
 *                   └──▶ leaving ──▶ released          from each of them: ──▶ lost, with its thread
 *
 * For piscina, that is one task. A task costs more than a call, since piscina has to know of it, and to answer.
 */
export class Lease {
  state: 'starting' | 'idle' | 'busy' | 'leaving' | 'lost' = 'starting';
  /** Ends the thread; before piscina has given one: takes it out of piscina's queue. */
  readonly abort = new Abort();
  /** The thread, once piscina has given one. */
  thread: Thread | undefined;
  /** The call that runs there. */
  call: PoolCall | undefined;
  /** When it became idle, in rounds of the pool. */
  idleSince = 0;
  /** The end of the thread, if that has been ended from here. */
  exited: Promise<void> | undefined;
  /** Called when piscina gives a thread, unless it does so at once. */
  given: (() => void) | undefined;
}
