import { decode, encode } from '../remote/failures.ts';
import { unpack } from '../remote/codec.ts';
import type { Failure } from '../remote/failures.ts';
import type { Outcome, PackedOutcome } from '../remote/outcome.ts';
import { packOutcome, weightOf } from '../remote/payload.ts';
import type { Request } from '../threads/run.ts';
import type { Thread } from '../threads/thread.ts';
import { nextId, type CallHost, type PoolCall } from '../threads/thread-call.ts';
import { unreadable } from '../threads/transfer.ts';
import type { Job } from './engine.ts';
import type { ToCaller } from './messages.ts';

/** A call that ends within this time sends all its news in one message, in ms: one with values, and one without. */
const SHORT = 10;
const SILENT = 100;

/** How long a value waits for the next, or for the end of the call, to go with it, in ms. */
const GATHER = 2;

/** One call that this worker runs for a caller elsewhere, in a thread. */
export class ServedCall implements PoolCall {
  readonly job: Job;
  readonly request: Request;
  readonly moved: object[] = [];
  /** Fulfils when nothing of it runs any more. */
  readonly over: Promise<void>;
  thread: Thread | undefined;
  ended = false;
  /** How many values have gone to the caller. */
  sent = 0;
  /** Its outcome, once it has ended. */
  outcome: PackedOutcome | undefined;
  /** Values that have not been sent. */
  values: string[] = [];
  readonly #pool: CallHost;
  readonly #tell: (message: ToCaller) => void;
  #ended: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #flushing: NodeJS.Timeout | undefined;
  #begunAt = 0;
  // Its caller knows that it has begun.
  #isKnown = false;
  // The weight of the values that the caller has not taken, and of those that it has.
  #untaken = 0;
  #taken = 0;
  #cancelledBy: 'caller' | 'worker' | undefined;

  constructor(job: Job, pool: CallHost, tell: (message: ToCaller) => void) {
    const { args, maxPayload } = job.order;
    this.job = job;
    this.request = { id: nextId(), name: job.name, args: [], packed: { args, maxPayload } };
    this.#pool = pool;
    this.#tell = tell;
    this.over = new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  /** Whether its caller has cancelled it, or this worker. */
  get cancelledBy(): 'caller' | 'worker' | undefined {
    return this.#cancelledBy;
  }

  // For the pool

  runsIn(thread: Thread): void {
    this.thread = thread;
    this.#begunAt = performance.now();
    this.#timer = setTimeout(() => this.#begin(), SILENT);
  }

  snapshot(): void {}

  refusal(error: unknown): unknown {
    return error;
  }

  next(value: unknown): void {
    const text = value as string; // It was packed there.
    this.#untaken += weightOf(text);
    this.values.push(text);
    const wait = Math.max(GATHER, this.#begunAt + SHORT - performance.now());
    this.#flushing ??= setTimeout(() => this.#flush(), wait);
  }

  /** Tells its caller that it has begun. */
  #begin(): void {
    if (!this.#isKnown) {
      this.#isKnown = true;
      const { id, attempt } = this.job;
      this.#tell(['began', id, attempt, this.#pool.graceMs ?? null]);
    }
  }

  #flush(): void {
    this.#flushing = undefined;
    this.#begin();
    const { id, attempt } = this.job;
    this.#tell(['values', id, attempt, this.sent, this.values]);
    this.sent += this.values.length;
    this.values = [];
  }

  /** The caller has taken values of this weight, all in all. */
  taken(total: number): void {
    const weight = total - this.#taken;
    if (!this.ended && weight > 0) {
      this.#taken = total;
      this.#untaken -= weight;
      this.thread?.taken(weight);
    }
  }

  /** Asks its caller what of its values has come and is taken, if some is not: the server may have lost a letter. */
  remind(): void {
    if (this.#untaken > 0 && this.sent > 0 && !this.ended) {
      const { id, attempt } = this.job;
      this.#tell(['sent', id, attempt, this.sent]);
    }
  }

  settle(outcome: Outcome | PackedOutcome): void {
    const packed = 'packed' in outcome ? outcome : packOutcome(outcome);
    if (packed.last !== undefined) {
      this.values.push(packed.last);
    }
    this.#end(packed);
  }

  garbled(error: unknown): void {
    void this.#pool.kill(this).then(() => this.fail(unreadable(this.request.name, error)));
  }

  fail(error: unknown): void {
    this.#end(packOutcome({ failure: encode(error), cleanup: [] }));
  }

  cancelHere(error: unknown): void {
    this.cancel(encode(error));
  }

  #end(outcome: PackedOutcome): void {
    if (this.ended) {
      return; // While it was ended by force, for another reason.
    }
    this.ended = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#grace);
    clearTimeout(this.#flushing);
    this.thread?.taken(this.#untaken); // Its thread goes on with another call.
    this.outcome = outcome;
    this.#ended();
  }

  // For the worker

  /** Asks it to end, and ends its thread if it does not. */
  cancel(reason: Failure, by: 'caller' | 'worker' = 'worker'): void {
    if (this.#cancelledBy !== undefined || this.ended) {
      return;
    }
    this.#cancelledBy = by;
    if (this.#pool.withdraw(this)) {
      this.#end(NOTHING);
      return;
    }
    this.thread?.cancel({ id: this.request.id, reason });
    const { graceMs } = this.#pool;
    if (graceMs !== undefined) {
      this.#grace = setTimeout(() => {
        void this.#pool.kill(this).then(() => this.#end(NOTHING));
      }, graceMs);
    }
  }

  /** The same, by its caller; the reason was packed there. */
  cancelFor(reason: string): void {
    this.cancel(reasonOf(reason), 'caller');
  }
}

const NOTHING = packOutcome({ failure: undefined, cleanup: [] });

function reasonOf(packed: string): Failure {
  try {
    const failure = unpack(packed) as Failure;
    decode(failure);
    return failure;
  } catch {
    return encode(undefined);
  }
}
