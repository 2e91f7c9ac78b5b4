import { randomUUID } from 'node:crypto';

import { encode } from '../remote/failures.ts';
import { FleetError } from '../remote/fleet-error.ts';
import type { PackedOutcome } from '../remote/outcome.ts';
import { packOutcome } from '../remote/payload.ts';
import { checkThreadsOptions } from '../threads/options.ts';
import { Pool } from '../threads/pool.ts';
import type { Engine, Job, Servant, Serving, Verdict } from './engine.ts';
import { ALL_WORKERS, type Answer, type Letter, type ToCaller, type ToWorker } from './messages.ts';
import type { CheckedServeOptions } from './options.ts';
import type { Patron } from './patron.ts';
import { Patrons } from './patrons.ts';
import { ServedCall } from './served-call.ts';

/** How many cancels are kept that came before their call did. */
const EARLY = 10_000;

/** A worker: takes calls out of the queue, and runs each in a thread. */
export class Server implements Servant {
  readonly concurrency: number;
  readonly lockMs: number;
  readonly #href: string;
  readonly #options: CheckedServeOptions;
  readonly #engine: Engine;
  readonly #pool: Pool;
  readonly #topic = `worker.${randomUUID().replaceAll('-', '')}`;
  readonly #running = new Map<string, ServedCall>();
  readonly #patrons: Patrons;
  readonly #early = new Set<string>();
  #serving: Serving | undefined;
  #pulse: NodeJS.Timeout | undefined;
  // How long after the last one the next beat is, in ms.
  #period = Infinity;
  #closing: Promise<void> | undefined;
  // From here on a call that is cancelled goes back into the queue.
  #handsBack = false;
  // When the server has answered last.
  #contactAt = performance.now();
  #idle: (() => void) | undefined;
  #busy = 0;

  constructor(href: string, options: CheckedServeOptions, engine: Engine) {
    this.#href = href;
    this.concurrency = options.concurrency;
    this.lockMs = options.lockMs;
    this.#options = options;
    this.#engine = engine;
    const contact = (): void => {
      this.#contactAt = performance.now();
    };
    this.#patrons = new Patrons(this.#topic, engine, contact, (topic) => this.#lose(topic));
    const { concurrency, graceMs = Infinity } = options;
    this.#pool = new Pool(href, checkThreadsOptions({ maxThreads: concurrency, graceMs }));
  }

  /** Fulfils when it takes calls. Rejects if there is nothing to run. */
  async open(): Promise<void> {
    await this.#checkModule();
    await this.#engine.ready();
    await this.#engine.hear(this.#topic, ALL_WORKERS, (letter) => this.#hear(letter));
    this.#serving = await this.#engine.serve(this);
    this.#beatAgain();
  }

  /** Calls a function that no module has: the error lists the functions of this one. */
  async #checkModule(): Promise<void> {
    const order = { caller: '', args: '[]', leaseMs: 0, lost: 'fail', maxPayload: 0 } as const;
    const call = new ServedCall(
      { id: '', name: '', order, attempt: 0, lost: 0, hasAttemptsLeft: false },
      this.#pool,
      () => {},
    );
    this.#pool.submit(call);
    await call.over;
    const { name = '', message = '' } = call.outcome?.error ?? {};
    const isEmpty = message.includes('It exports no functions.');
    if (name !== 'TypeError' || isEmpty) {
      await this.#pool.close();
      throw isEmpty
        ? new TypeError(`A worker has nothing to run: ${this.#href} exports no functions.`)
        : new TypeError(`A worker has nothing to run. ${message}`);
    }
  }

  #hear({ from, messages }: Letter<ToWorker>): void {
    this.#contactAt = performance.now();
    this.#patrons.get(from)?.heard();
    for (const [kind, id, detail] of messages) {
      const call = this.#running.get(id);
      switch (kind) {
        case 'go':
        case 'no':
          this.#patrons.get(from)?.answered(id, detail, kind === 'go');
          break;
        case 'taken':
          call?.taken(detail);
          break;
        case 'cancel':
          if (call === undefined) {
            this.#remember(id);
          } else {
            call.cancelFor(detail);
          }
          break;
      }
    }
  }

  /** Remembers the cancel of a call that may be on its way from the queue. */
  #remember(id: string): void {
    this.#early.add(id);
    if (this.#early.size > EARLY) {
      const [oldest = ''] = this.#early;
      this.#early.delete(oldest);
    }
  }

  /**
   * Ten times in a lease, since each is a sign of life. And when a lease is over: the caller counts on it that its call is ended
   * then.
   */
  #beatAgain(): void {
    const wanted = [...this.#running.values()].filter(({ cancelledBy }) => cancelledBy === undefined);
    const lease = Math.min(...wanted.map(({ job }) => job.order.leaseMs));
    const left = this.#contactAt + lease - performance.now();
    this.#period = periodOf(Math.min(lease, this.lockMs));
    clearTimeout(this.#pulse);
    this.#pulse = setTimeout(() => this.#beat(), Math.max(5, Math.min(this.#period, left)));
  }

  /** Looks for callers that are gone or silent, asks again what they have not answered, and ends the calls that are out of contact. */
  #beat(): void {
    const now = performance.now();
    const running = [...this.#running.values()];
    for (const call of running) {
      if (now - this.#contactAt >= call.job.order.leaseMs) {
        const what = `The worker was out of contact for more than ${call.job.order.leaseMs} ms.`;
        call.cancel(encode(new FleetError('lost', what)));
      }
    }
    for (const patron of this.#patrons) {
      // While a letter is under way, the answers to the last ones may be, too.
      if (patron.isIdle) {
        const calls = running.filter((call) => call.job.order.caller === patron.topic);
        patron.askAgain();
        calls.forEach((call) => call.remind());
        if (calls.length > 0) {
          patron.ping();
        } else {
          this.#patrons.forget(patron, this.lockMs);
        }
      }
    }
    this.#beatAgain();
  }

  /** A caller is gone, and its calls go with it. */
  #lose(topic: string): void {
    for (const call of this.#running.values()) {
      if (call.job.order.caller === topic) {
        call.cancel(encode(new FleetError('lost', 'The caller is lost.')));
      }
    }
  }

  lost(ids: readonly string[]): void {
    for (const id of ids) {
      this.#running.get(id)?.cancel(encode(new FleetError('lost', 'The server took this worker for lost.')));
    }
  }

  async run(job: Job): Promise<Verdict> {
    this.#busy++;
    try {
      return await this.#run(job);
    } finally {
      this.#busy--;
      if (this.#busy === 0) {
        this.#idle?.();
      }
    }
  }

  async #run(job: Job): Promise<Verdict> {
    const { order, lost, attempt } = job;
    const patron = this.#patrons.of(order.caller);
    if (lost > (order.lost === 'fail' ? 0 : 1)) {
      return this.#failed(job, lostOutcome(job), false);
    }
    const mayBegin =
      (attempt === 1 && patron.wasHeard(order.leaseMs / 10)) || (await patron.ask(job.id, attempt, lost));
    if (this.#handsBack) {
      return { kind: 'back' };
    }
    if (!mayBegin || this.#early.delete(job.id)) {
      return this.#refused(job, patron);
    }
    const call = new ServedCall(job, this.#pool, (message) => patron.tell(message));
    this.#running.set(job.id, call);
    if (periodOf(order.leaseMs) < this.#period) {
      this.#beatAgain();
    }
    this.#pool.submit(call);
    await call.over;
    this.#running.delete(job.id);
    return this.#verdict(call, patron);
  }

  #verdict(call: ServedCall, patron: Patron): Verdict {
    const { job, sent, values, outcome = NOTHING } = call;
    if (call.cancelledBy === 'worker') {
      return this.#givenUp(job, patron, sent);
    }
    const isWanted = call.cancelledBy === undefined;
    if (!isWanted || outcome.error === undefined) {
      return this.#completed(job, { attempt: job.attempt, values, sent, outcome: outcome.packed }, isWanted);
    }
    const again = job.hasAttemptsLeft && sent === 0 && values.length === 0;
    return this.#failed(job, outcome, again, sent, values);
  }

  #completed(job: Job, answer: Answer, kept = true): Verdict {
    return { kind: 'completed', answer, kept, stored: () => this.#tell(job, ['ended', job.id, answer]) };
  }

  /** What is said after the call has ended, when its caller may have been forgotten. */
  #tell({ order }: Job, message: ToCaller): void {
    this.#patrons.of(order.caller).tell(message);
  }

  /** No caller wants it, and it has not begun. */
  #refused(job: Job, patron: Patron): Verdict {
    const { packed } = lostOutcome(job);
    const answer: Answer = {
      ...{ attempt: job.attempt, values: [], sent: 0, outcome: packed, neverBegan: true },
      ...(patron.isGone && { orphaned: true }),
    };
    return this.#completed(job, answer, patron.isGone);
  }

  /** This worker has cancelled it: another one may run it, if there is a caller, and no value has gone to it. */
  #givenUp(job: Job, patron: Patron, sent: number): Verdict {
    if (patron.isGone) {
      const { packed } = lostOutcome(job);
      return this.#completed(job, {
        ...{ attempt: job.attempt, values: [], sent, outcome: packed },
        orphaned: true,
      });
    }
    return sent === 0 ? { kind: 'back' } : this.#failed(job, lostOutcome(job), false, sent);
  }

  #failed(
    job: Job,
    outcome: PackedOutcome,
    again: boolean,
    sent = 0,
    values: readonly string[] = [],
  ): Verdict {
    const { id, attempt } = job;
    const answer = { attempt, values, sent, outcome: outcome.packed };
    const error = outcome.error ?? { name: 'Error', message: '', stack: '' };
    const stored = (): void => this.#tell(job, again ? ['again', id, attempt] : ['ended', id, answer]);
    return { kind: 'failed', error, answer, again, stored };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#serving?.pause();
    const timer = setTimeout(() => this.#handBack(), this.#options.shutdownMs);
    if (this.#busy > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    clearTimeout(timer);
    await this.#serving?.close();
    await this.#pool.close();
    await Promise.race([this.#patrons.empty(), new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
    clearTimeout(this.#pulse);
    this.#patrons.close();
    await this.#engine.close();
  }

  /** Hands back the calls that have not ended in time: another worker runs them. */
  #handBack(): void {
    this.#handsBack = true;
    const reason = encode(new FleetError('lost', 'This worker is being ended.'));
    this.#running.forEach((call) => call.cancel(reason));
    this.#patrons.close();
  }
}

/** How often there is a sign of life in such a lease, in ms. */
function periodOf(lease: number): number {
  return Math.max(5, lease / 10);
}

const NOTHING = packOutcome({ failure: undefined, cleanup: [] });

function lostOutcome({ name }: Job): PackedOutcome {
  const error = new FleetError('lost', `The machine that ran "${name}" is lost, or its caller was.`);
  return packOutcome({ failure: encode(error), cleanup: [] });
}
