import type { MessagePort } from 'node:worker_threads';

import type { Failure } from '../remote/failures.ts';
import type { Outcome, PackedOutcome } from '../remote/outcome.ts';
import type { Request } from './run.ts';

// What a thread of the pool and its caller tell each other. All of it goes by one port, so that it comes in the order in which it
// was sent. Each message wakes the other thread, and that is most of what a call costs: so what is known together goes together.

/** The first message that a thread sends, by its parent port. */
export interface Hello {
  readonly asyncTamer: 'hello';
  readonly threadId: number;
  readonly port: MessagePort;
  readonly cells: Int32Array<SharedArrayBuffer>;
}

/** To a thread: run a call, cancel it, or be piscina's again. */
export type ToThread = Request | Cancel | Release;

export interface Cancel {
  readonly id: number;
  readonly reason: Failure;
}

export interface Release {
  readonly release: true;
}

/** From a thread, about the one call that runs there. */
export type FromThread = Emission | Ended;

/** A value that the call has emitted. */
export interface Emission {
  readonly value: unknown;
}

/** Nothing of the call runs any more. */
export interface Ended {
  /** How; undefined if it has succeeded, with all its cleanup. */
  readonly outcome?: Outcome | PackedOutcome;
  /** The last value, if that has not been sent before. */
  readonly last?: Last;
}

/** A value that comes together with the end of its call. */
export type Last = readonly [value: unknown];
