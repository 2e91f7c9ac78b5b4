import type { Subscriber } from 'rxjs';

import { unpack } from '../remote/codec.ts';
import { encode, type Failure } from '../remote/failures.ts';
import { FleetError } from '../remote/fleet-error.ts';
import type { Outcome } from '../remote/outcome.ts';
import { packArguments, packFailure, weightOf } from '../remote/payload.ts';
import { RemoteCall } from '../remote/remote-call.ts';
import type { Delivering } from './deliveries.ts';
import type { Submission } from './engine.ts';
import type { FleetEvent } from './events.ts';
import type { Answer, ToCaller, ToWorker } from './messages.ts';
import type { CallOptions, CheckedFleetOptions } from './options.ts';

/** The caller, as one of its calls sees it. */
export interface Desk {
  readonly topic: string;
  readonly options: CheckedFleetOptions;
  /** Takes a call back that has not gone out; false if it may have. */
  takeBack(call: FleetCall): boolean;
  /** Takes it out of the queue, or tells all workers. */
  cancel(call: FleetCall): void;
  /** Puts it into the queue once more, under another id. */
  sendAgain(call: FleetCall): void;
  tell(worker: string, message: ToWorker): void;
  /** Calls its `deliver()` as soon as there is time for that. */
  deliver(call: FleetCall): void;
  over(call: FleetCall): void;
  happened(type: FleetEvent['type'], call: FleetCall): void;
}

/** One call to a fleet, for one subscriber. */
export class FleetCall extends RemoteCall implements Delivering {
  submission: Submission;
  // When it was made, or is to be sent again.
  made = performance.now();
  // For how long it has waited since then to be sent.
  unsentMs = 0;
  // When it was put into the queue, and when its last news came.
  sentAt: number | undefined;
  heardAt = performance.now();
  // The reason, packed, once it is cancelled.
  cancelled: string | undefined;
  // It is being taken out of the queue.
  leaving = false;
  // The topic of the worker that runs it, if that is known.
  worker: string | undefined;
  readonly #desk: Desk;
  // It goes into the queue once more.
  #isAgain = false;
  // The newest attempt; messages of older ones are of workers that were taken for lost.
  #attempt = 0;
  // The default, until the worker says its own.
  #workersGrace = 1000;
  #lost = 0;
  // How many values of this attempt have come, and the weight of those that are taken.
  #received = 0;
  #taken = 0;
  #hasBegun = false;
  // It has begun, and was ended because this caller seemed to be gone.
  #wasOrphaned = false;
  // Values that wait for delivery. The outcome, once it has come, is delivered after them.
  readonly #undelivered: string[] = [];
  #isDelivering = false;
  #outcome: string | undefined;
  // When the queue said that it has ended, while values of it had not come.
  #missedSince: number | undefined;

  constructor(
    id: string,
    name: string,
    args: readonly unknown[] | string,
    options: CallOptions,
    subscriber: Subscriber<unknown>,
    desk: Desk,
  ) {
    super(subscriber);
    const { leaseMs, lost, maxPayload, resultTtl } = desk.options;
    const packed = typeof args === 'string' ? args : packArguments(name, args, maxPayload);
    const order = { caller: desk.topic, args: packed, leaseMs, lost, maxPayload };
    this.submission = { id, name, order, options, resultTtl };
    this.#desk = desk;
  }

  get id(): string {
    return this.submission.id;
  }

  get name(): string {
    return this.submission.name;
  }

  get attempt(): number {
    return this.#attempt;
  }

  /** How long a cancelled call may go on without news, in ms. */
  get patience(): number {
    return this.#desk.options.leaseMs + this.#workersGrace;
  }

  /** It is in the queue: the queue says so, or a worker that has found it there, whose letter may come first. */
  sent(): void {
    if (this.sentAt === undefined) {
      this.sentAt = performance.now();
      this.heardAt = this.sentAt;
      this.#desk.happened(this.#isAgain ? 'retried' : 'sent', this);
    }
  }

  hear(from: string, message: ToCaller): void {
    this.sent();
    this.heardAt = performance.now();
    switch (message[0]) {
      case 'ask':
        this.#asked(from, message[2], message[3]);
        break;
      case 'began':
        if (this.#isNewest(message[2])) {
          this.#workersGrace = message[3] ?? Infinity;
          this.#runsAt(from);
        }
        break;
      case 'values':
        if (this.#isNewest(message[2])) {
          this.#runsAt(from);
          this.#take(message[3], message[4]);
        }
        break;
      case 'sent':
        if (this.#isNewest(message[2])) {
          this.#runsAt(from);
          this.#compare(from, message[3]);
        }
        break;
      case 'again':
        this.#retried(message[2]);
        break;
      case 'ended':
        this.answered(message[2]);
        break;
    }
  }

  #isNewest(attempt: number): boolean {
    if (this.ended || attempt < this.#attempt) {
      return false;
    }
    this.#attempt = attempt;
    return true;
  }

  /** Decides whether this attempt may begin: not after values of an earlier one, which would come twice. */
  #asked(from: string, attempt: number, lost: number): void {
    const isNew = attempt > this.#attempt;
    if (!this.#isNewest(attempt) || this.state === 'cancelled') {
      this.#desk.tell(from, ['no', this.id, attempt]);
      return;
    }
    if (lost > this.#lost) {
      this.#lost = lost;
      this.#desk.happened('lost', this);
    }
    if (this.#received > 0) {
      this.#desk.tell(from, ['no', this.id, attempt]);
      this.fail(lostInStream(this.name));
      return;
    }
    if (isNew && attempt > 1 && lost > 0) {
      this.#desk.happened('retried', this);
    }
    this.#desk.tell(from, ['go', this.id, attempt]);
  }

  #runsAt(worker: string): void {
    this.worker = worker;
    this.#runs();
    if (this.cancelled !== undefined) {
      this.#desk.tell(worker, ['cancel', this.id, this.cancelled]); // The worker may have missed the first cancel.
    }
  }

  #runs(): void {
    if (this.state === 'queued') {
      this.begun();
    }
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#desk.happened('began', this);
    }
  }

  /** A letter that was sent twice, since its receipt was lost, is taken once. */
  #take(index: number, texts: readonly string[]): void {
    if (this.#misses(index)) {
      this.giveUp(lostInStream(this.name));
      return;
    }
    this.#deliver(texts.slice(Math.max(0, this.#received - index)));
  }

  /** Whether one of so many values has been lost. Nobody misses any once the call is cancelled. */
  #misses(sent: number): boolean {
    return sent > this.#received && this.state !== 'cancelled';
  }

  /** The worker says how many values it has sent, since it has not heard that all are taken. */
  #compare(worker: string, sent: number): void {
    if (this.#misses(sent)) {
      this.giveUp(lostInStream(this.name));
    } else {
      this.#desk.tell(worker, ['taken', this.id, this.#taken]);
    }
  }

  #deliver(fresh: readonly string[]): void {
    this.#received += fresh.length;
    this.#undelivered.push(...fresh);
    if (!this.#isDelivering) {
      this.#isDelivering = true;
      this.#desk.deliver(this);
    }
  }

  deliver(deadline: number): boolean {
    const values = this.#undelivered;
    let count = 0;
    let weight = 0;
    while (count < values.length && (count === 0 || performance.now() < deadline)) {
      const text = values[count] ?? '';
      count++;
      weight += weightOf(text);
      this.#emit(text);
    }
    values.splice(0, count);
    this.passed(weight);
    if (values.length > 0) {
      return true;
    }
    this.#isDelivering = false;
    this.#settle();
    return false;
  }

  /** All values are delivered. Settles the call if its outcome has come. */
  #settle(): void {
    const read = this.#outcome === undefined || this.ended ? undefined : this.#read(this.#outcome);
    if (read !== undefined) {
      this.settle(read.read as Outcome);
    }
  }

  #emit(text: string): void {
    const value = this.state === 'running' ? this.#read(text) : undefined;
    if (value !== undefined) {
      this.next(value.read);
    }
  }

  /** Unpacks what another machine has packed. Undefined if this one cannot read it; then the call has failed. */
  #read(text: string): { readonly read: unknown } | undefined {
    try {
      return { read: unpack(text) };
    } catch (error) {
      const what = `What "${this.name}" has answered cannot be read here. ${String(error)}`;
      this.giveUp(new FleetError('codec', what, { cause: error }));
      return undefined;
    }
  }

  /** It goes on over there, though no code waits for it. */
  giveUp(error: unknown): void {
    this.fail(error);
    if (this.worker !== undefined) {
      this.#desk.tell(this.worker, ['cancel', this.id, packFailure(encode(error))]);
    }
  }

  #retried(attempt: number): void {
    if (this.#isNewest(attempt)) {
      this.worker = undefined;
      this.#desk.happened('retried', this);
    }
  }

  /**
   * The call has ended, as the queue says. Letters with its values may still be on their way: the call waits for them for so many
   * ms, its `patience`.
   */
  endedInQueue(answer: Answer, patience: number): void {
    const now = performance.now();
    if (answer.sent > this.#received) {
      this.#missedSince ??= now;
      if (now - this.#missedSince < patience) {
        return;
      }
    }
    this.answered(answer);
  }

  /** The call has ended on its machine: its worker says so, or the queue does. */
  answered(answer: Answer): void {
    const { attempt, values, sent, outcome, neverBegan, orphaned } = answer;
    if (this.#outcome !== undefined || !this.#isNewest(attempt)) {
      return;
    }
    const isCancelled = this.state === 'cancelled';
    if (isCancelled && (neverBegan === true || orphaned === true)) {
      this.vanished();
      return;
    }
    if (this.#misses(sent)) {
      this.fail(lostInStream(this.name));
      return;
    }
    if (!isCancelled && this.#mayGoAgain(answer)) {
      this.#desk.sendAgain(this);
      return;
    }
    this.#runs();
    this.#outcome = outcome;
    this.#deliver(values.slice(Math.max(0, this.#received - sent)));
  }

  /** Whether it was ended only because this caller seemed to be gone. What has begun goes once more, as if its machine was lost. */
  #mayGoAgain({ orphaned, neverBegan, sent }: Answer): boolean {
    if (orphaned !== true || neverBegan === true) {
      return orphaned === true;
    }
    const isFirst = !this.#wasOrphaned;
    this.#wasOrphaned = true;
    return isFirst && sent === 0 && this.#desk.options.lost === 'retry';
  }

  /** It is sent again, and what comes for its former id is not heard. */
  renew(id: string): void {
    this.submission = { ...this.submission, id };
    this.made = performance.now();
    this.unsentMs = 0;
    this.heardAt = this.made;
    this.sentAt = undefined;
    this.#isAgain = true;
    this.#attempt = 0;
    this.#lost = 0;
    this.worker = undefined;
  }

  protected taken(weight: number): void {
    this.#taken += weight;
    if (this.worker !== undefined && this.#outcome === undefined) {
      this.#desk.tell(this.worker, ['taken', this.id, this.#taken]);
    }
  }

  protected withdraw(): boolean {
    const back = this.#desk.takeBack(this);
    if (back) {
      this.#desk.over(this);
    }
    return back;
  }

  protected tellCancelled(reason: Failure): void {
    this.cancelled = packFailure(reason);
    this.#desk.cancel(this);
  }

  // The desk watches over calls that take too long.
  protected readonly graceMs = undefined;

  protected kill(): Promise<void> {
    return Promise.resolve();
  }

  /** No part of it runs any more, and it has no outcome. */
  vanished(): void {
    this.settle({ failure: undefined, cleanup: [] });
  }

  /** The call is cancelled, and its worker was out of reach for so long that it has ended the call by itself. */
  override async abandon(): Promise<void> {
    await super.abandon();
    this.#desk.over(this);
  }

  override settle(outcome: Outcome): void {
    super.settle(outcome);
    this.#desk.over(this);
  }

  override fail(error: unknown): void {
    super.fail(error);
    this.#desk.over(this);
  }
}

function lostInStream(name: string): FleetError {
  const what = `The machine that ran "${name}" is lost, after it had sent values.`;
  return new FleetError('lost', `${what} It is not run again, since those would come twice.`);
}
