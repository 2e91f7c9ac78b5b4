import type { Answer, Letter, Order } from './messages.ts';
import type { CallOptions } from './options.ts';

/** A call as it is put into the queue. */
export interface Submission {
  readonly id: string;
  readonly name: string;
  readonly order: Order;
  readonly options: CallOptions;
  /** How long its answer is kept, in ms. */
  readonly resultTtl: number;
}

/** The state of a call in the queue. */
export type Sight =
  /** `lost`: how many workers have been lost with it. */
  | { readonly state: 'queued' | 'running'; readonly lost: number }
  | { readonly state: 'ended'; readonly answer: Answer | undefined; readonly reason: string }
  | { readonly state: 'gone' };

/** A call that a worker has taken out of the queue. */
export interface Job {
  readonly id: string;
  readonly name: string;
  readonly order: Order;
  /** Counts every time that it was taken, from 1 on. */
  readonly attempt: number;
  readonly lost: number;
  /** Whether it may be tried again after a failure. */
  readonly hasAttemptsLeft: boolean;
}

/** How a job goes on. `stored` is called once the queue has the verdict; never, if the job belongs to another worker by then. */
export type Verdict =
  | { readonly kind: 'completed'; readonly answer: Answer; readonly kept: boolean; stored(): void }
  | {
      readonly kind: 'failed';
      readonly error: { readonly name: string; readonly message: string; readonly stack: string };
      readonly answer: Answer;
      readonly again: boolean;
      stored(): void;
    }
  /** The job goes back into the queue, as if no worker had taken it. */
  | { readonly kind: 'back' };

/** A worker's part of the queue. */
export interface Serving {
  /** Takes no more jobs. */
  pause(): void;
  close(): Promise<void>;
}

/** A worker, as the engine sees it. */
export interface Servant {
  readonly concurrency: number;
  readonly lockMs: number;
  run(job: Job): Promise<Verdict>;
  /** The server takes this worker for lost: these jobs belong to it no longer. */
  lost(ids: readonly string[]): void;
}

export interface Counts {
  readonly queued: number;
  readonly running: number;
  readonly failed: number;
}

/** A queue of calls, and messages between callers and workers. */
export interface Engine {
  /** Fulfils when it is connected. Rejects with a `FleetError` if the server will not do. */
  ready(): Promise<void>;
  /** All or nothing; the same call twice is there once. */
  submit(calls: readonly Submission[]): Promise<void>;
  /** Takes it out of the queue: true if nothing of it runs. */
  withdraw(id: string): Promise<boolean>;
  look(id: string): Promise<Sight>;
  /** Sends to the process that hears this topic, or to all of a group. Fulfils with the number of those that hear it. */
  send(topic: string, letter: Letter<unknown>): Promise<number>;
  /** Hears what is sent to this topic, and to the group; called once. While this process renews its lease, nothing is lost. */
  hear(topic: string, group: string | undefined, listener: (letter: Letter<never>) => void): Promise<void>;
  /** Renews the lease of the process that hears this topic, until the returned function is called. */
  keep(topic: string): () => void;
  /** The listener is called when messages may have been missed. */
  readonly onGap: (listener: () => void) => void;
  /** Frees the jobs of lost workers. Workers do so as well, but none may be up. */
  free(lockMs: number): void;
  serve(servant: Servant): Promise<Serving>;
  counts(): Promise<Counts>;
  /** How many processes serve this queue. */
  workers(): Promise<number>;
  /** Ends the connections, also where the server is away. */
  close(): Promise<void>;
}
