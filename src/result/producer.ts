import type { Execution } from '../execution/execution.ts';
import type { Need } from '../execution/need.ts';

/** The maker of a result, as its waiters meet it. */
export interface Producer extends Need {
  /** Whether it is a cleanup, for which cancelled code may wait. */
  readonly shields?: boolean;
  /** Why code of `owner` must not wait for it; undefined if it may. */
  refusal?(owner: Execution | undefined): Error | undefined;
  /** Called when code asks for the result for the first time. */
  awaited?(): void;
  /** Tells the producer that code of `owner` waits, if the producer wants to know. */
  awaitedBy?(owner: Execution | undefined): Waiting | undefined;
  /** Called when the failure has reached code of `owner`. */
  reached?(owner: Execution | undefined): void;
}

/** A wait whose begin and end its producer wants to know. */
export interface Waiting {
  begin(): void;
  end(): void;
}
