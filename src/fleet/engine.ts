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

/** What the queue knows of a call. */
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

/** What becomes of a job. `stored` is called once the queue has it, and never if the job is not this worker's any more. */
export type Verdict =
  | { readonly kind: 'completed'; readonly answer: Answer; readonly kept: boolean; stored(): void }
  | {
      readonly kind: 'failed';
      readonly error: { readonly name: string; readonly message: string; readonly stack: string };
      readonly answer: Answer;
      readonly again: boolean;
      stored(): void;
    }
  /** It is put back, as if it had not been taken. */
  | { readonly kind: 'back' };

/** A worker's part of the queue. */
export interface Serving {
  /** Takes no more jobs. */
  pause(): void;
  close(): Promise<void>;
}

/** Who runs a worker. */
export interface Servant {
  readonly concurrency: number;
  readonly lockMs: number;
  run(job: Job): Promise<Verdict>;
  /** The server holds these jobs for lost: they are no longer this worker's. */
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
  /** Sends to all who hear this topic, in the order of the calls; fulfils with how many that are. */
  send(topic: string, letter: Letter<unknown>): Promise<number>;
  hear(topic: string, listener: (letter: Letter<never>) => void): Promise<void>;
  /** Who this is among those that hear. */
  readonly node: string;
  /** Renews the lease of another one of these, until the returned function is called. */
  keep(node: string): () => void;
  /** Is told when messages may have been missed. */
  readonly onGap: (listener: () => void) => void;
  /** Frees the jobs of lost workers, where no other worker is there to do so. */
  free(lockMs: number): void;
  serve(servant: Servant): Promise<Serving>;
  counts(): Promise<Counts>;
  /** Ends the connections, also where the server is away. */
  close(): Promise<void>;
}
