// The messages between callers and workers. The calls themselves stand in the queue.

/** The group of all workers of a queue. */
export const ALL_WORKERS = 'workers';

/** From a worker to a caller. `attempt` is fenced: a caller takes nothing of an attempt older than the newest it knows. */
export type ToCaller =
  /** May this attempt begin? A worker asks before a second attempt, and if it has not heard the caller for a while. */
  | readonly [kind: 'ask', id: string, attempt: number, lost: number]
  /** `graceMs` is null for ever. */
  | readonly [kind: 'began', id: string, attempt: number, graceMs: number | null]
  /** Values that it has emitted; `index` is the place of the first among all of its attempt. */
  | readonly [kind: 'values', id: string, attempt: number, index: number, texts: string[]]
  /** How many values it has sent. The worker says so again and again until all are taken, since letters may be lost both ways. */
  | readonly [kind: 'sent', id: string, attempt: number, count: number]
  /** This attempt has failed, and there will be another. */
  | readonly [kind: 'again', id: string, attempt: number]
  | readonly [kind: 'ended', id: string, answer: Answer];

/** From a caller to a worker, or to all workers where it does not know which. */
export type ToWorker =
  | readonly [kind: 'go', id: string, attempt: number]
  | readonly [kind: 'no', id: string, attempt: number]
  /** `reason` is a packed failure. */
  | readonly [kind: 'cancel', id: string, reason: string]
  /** Values of this weight have been taken, all in all. */
  | readonly [kind: 'taken', id: string, weight: number];

/** Several at once; `from` is the topic where an answer is heard. One without messages asks whether anyone is there. */
export interface Letter<M> {
  readonly from: string;
  readonly messages: readonly M[];
}

/** How a call has ended; this also stands in the queue for a while. */
export interface Answer {
  readonly attempt: number;
  /** Values that have not been sent before. */
  readonly values: readonly string[];
  /** How many have been sent before. */
  readonly sent: number;
  /** An `Outcome`, packed. */
  readonly outcome: string;
  /** The function was not called: the caller seemed to be gone, or has said no. */
  readonly neverBegan?: true;
  /** The caller seemed to be gone, and so the call was ended. A caller that is there after all sends it again. */
  readonly orphaned?: true;
}

/** A call, as the queue has it. */
export interface Order {
  /** The topic of its caller. */
  readonly caller: string;
  /** The arguments, packed. */
  readonly args: string;
  readonly leaseMs: number;
  readonly lost: 'retry' | 'fail';
  readonly maxPayload: number;
}
