import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';

import { Observable, Subject, throwError, type Subscriber } from 'rxjs';

import type { TamedCall } from '../call/call.ts';
import { cleanup } from '../call/cleanup.ts';
import { tamed } from '../call/tamed.ts';
import { BlockingError, CancelledError } from '../execution/errors.ts';
import { decode } from '../remote/failures.ts';
import { FleetError } from '../remote/fleet-error.ts';
import type { Runner } from '../remote/functions.ts';
import { packArguments } from '../remote/payload.ts';
import { Channel } from '../threads/channel.ts';
import { checkThreadsOptions } from '../threads/options.ts';
import { workerFile } from '../threads/peers.ts';
import { nextId } from '../threads/thread-call.ts';
import { BullEngine } from './bullmq.ts';
import { Deliveries } from './deliveries.ts';
import type { Engine } from './engine.ts';
import type { FleetEvent } from './events.ts';
import { FleetCall, type Desk } from './fleet-call.ts';
import { ALL_WORKERS, type Letter, type ToCaller, type ToWorker } from './messages.ts';
import type { CallOptions, CheckedFleetOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { notReached, PostOffice } from './post-office.ts';
import { askState, type FleetState } from './state.ts';
import { Watch } from './watch.ts';

/** Calls the functions of one module on the machines of a fleet. It connects when the first call is made. */
export class Caller implements Runner, Desk {
  readonly options: CheckedFleetOptions;
  readonly topic: string;
  readonly events = new Subject<FleetEvent>();
  readonly calls = new Map<string, FleetCall>();
  readonly #href: string;
  readonly #key = randomUUID().replaceAll('-', '');
  readonly #post: PostOffice;
  readonly #watch: Watch;
  readonly #deliveries = new Deliveries();
  readonly #outboxes = new Map<string, Outbox<ToWorker>>();
  readonly #channel: Channel;
  #engine: BullEngine | undefined;
  #connected: Promise<Engine> | undefined;
  #lastId = 0;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(href: string, options: CheckedFleetOptions) {
    this.#href = href;
    this.options = options;
    this.topic = `callers.${this.#key}`;
    this.#post = new PostOffice(
      () => this.connect(),
      (call) => this.#sent(call),
    );
    this.#watch = new Watch(this, this.#post, href);
    this.#channel = new Channel(
      pathToFileURL(workerFile('../fleet/caller-thread')).href,
      checkThreadsOptions({}),
    );
  }

  /** The tamed function that stands for an exported one; `options` go before those that the fleet has for it. */
  functionNamed(name: string, options: CallOptions = {}): (...args: unknown[]) => TamedCall<unknown> {
    const how = { ...(Object.hasOwn(this.options.calls, name) ? this.options.calls[name] : {}), ...options };
    const run = (...args: unknown[]): Observable<unknown> =>
      new Observable((subscriber) => this.start(name, args, how, subscriber));
    Object.defineProperty(run, 'name', { value: name });
    return tamed({ sync: (...args: unknown[]) => this.#runHere(name, args, how), async: run });
  }

  /** `args` may be packed. */
  start(
    name: string,
    args: readonly unknown[] | string,
    options: CallOptions,
    subscriber: Subscriber<unknown>,
  ): () => void {
    this.#checkOpen(name);
    const { maxQueued } = this.options;
    if (this.calls.size >= maxQueued && this.#queued() >= maxQueued) {
      const what = `Cannot call "${name}": ${maxQueued} calls wait already.`;
      throw new FleetError('full', `${what} Make fewer at once, start more workers, or raise "maxQueued".`);
    }
    const call = new FleetCall(this.#nextId(), name, args, options, subscriber, this);
    this.calls.set(call.id, call);
    this.#watch.begin();
    this.#post.add(call);
    return () => call.teardown();
  }

  #nextId(): string {
    this.#lastId++;
    return `${this.#key}-${this.#lastId}`;
  }

  #checkOpen(name: string): void {
    if (this.#closing !== undefined) {
      throw new FleetError(
        'closed',
        `Cannot call "${name}": its fleet has been closed. Make another by fleet().`,
      );
    }
  }

  #queued(): number {
    let queued = 0;
    for (const call of this.calls.values()) {
      queued += call.state === 'queued' ? 1 : 0;
    }
    return queued;
  }

  /** Under `block()`: a thread makes the call, and this one sleeps meanwhile. */
  #runHere(name: string, args: readonly unknown[], options: CallOptions): unknown {
    this.#checkOpen(name);
    const packed = packArguments(name, args, this.options.maxPayload);
    const sleeper = this.#engine === undefined ? undefined : this.topic;
    const passed = [this.#href, this.options, name, packed, options, sleeper];
    const request = { id: nextId(), name: 'call', args: passed };
    const answer = this.#channel.ask(request, []);
    answer.cleanup.map(decode).forEach((error) => {
      void cleanup(throwError(() => error));
    });
    if (answer.cut === true) {
      throw new CancelledError();
    }
    if (answer.failure !== undefined) {
      throw decode(answer.failure);
    }
    return answer.value;
  }

  /** Fulfils once the server has been reached; rejects with a `FleetError` if it will not do. */
  connect(): Promise<Engine> {
    this.#connected ??= this.#connect();
    return this.#connected;
  }

  async #connect(): Promise<Engine> {
    const { queue, connection = {}, leaseMs } = this.options;
    const engine = new BullEngine(queue, connection, leaseMs);
    this.#engine = engine;
    try {
      engine.onGap(() => this.#watch.lookAtAll());
      await engine.ready();
      await engine.hear(this.topic, undefined, (letter) => this.#hear(letter));
      return engine;
    } catch (error) {
      this.#connected = undefined;
      await engine.close();
      throw error;
    }
  }

  get trouble(): Error | undefined {
    return this.#engine?.trouble;
  }

  /** Renews the lease of a caller in another thread, which sleeps, until the returned function is called. */
  keep(topic: string): () => void {
    let release: (() => void) | undefined;
    let isOver = false;
    this.connect().then(
      (engine) => {
        release = isOver ? undefined : engine.keep(topic);
      },
      () => {}, // The call of this thread fails, too.
    );
    return () => {
      isOver = true;
      release?.();
    };
  }

  #sent(call: FleetCall): void {
    this.#watch.contact();
    call.sent();
    if (call.ended) {
      void this.#engine?.withdraw(call.id).catch(() => {}); // It failed while it was being sent.
    }
  }

  #hear({ from, messages }: Letter<ToCaller>): void {
    this.#watch.contact();
    for (const message of messages) {
      const call = this.calls.get(message[1]);
      if (call !== undefined) {
        call.hear(from, message);
      } else if (message[0] === 'ask') {
        this.tell(from, ['no', message[1], message[2]]);
      } else if (message[0] !== 'ended') {
        this.tell(from, ['cancel', message[1], '']); // It runs, and no code waits for it any more.
      }
    }
  }

  // As a desk

  takeBack(call: FleetCall): boolean {
    return this.#post.takeBack(call);
  }

  cancel(call: FleetCall): void {
    if (this.#post.takeBack(call)) {
      call.vanished(); // It was to be sent again.
    } else if (call.worker !== undefined) {
      this.tell(call.worker, ['cancel', call.id, call.cancelled ?? '']);
    } else {
      void this.#leave(call);
    }
  }

  /** Takes the call out of the queue. If a worker runs it already, all workers are told. */
  async #leave(call: FleetCall): Promise<void> {
    if (call.leaving) {
      return;
    }
    call.leaving = true;
    try {
      const engine = await this.connect();
      if (await engine.withdraw(call.id)) {
        if (!call.ended) {
          call.vanished();
        }
      } else {
        this.tell(call.worker ?? ALL_WORKERS, ['cancel', call.id, call.cancelled ?? '']);
      }
    } catch {
      // The server is away: the watch tries again, or gives up.
    } finally {
      call.leaving = false;
    }
  }

  sendAgain(call: FleetCall): void {
    this.happened('lost', call);
    this.calls.delete(call.id);
    call.renew(this.#nextId());
    this.calls.set(call.id, call);
    this.#post.add(call);
  }

  tell(worker: string, message: ToWorker): void {
    const outbox = this.#outboxes.get(worker) ?? this.#outboxTo(worker);
    outbox.post(message);
  }

  #outboxTo(worker: string): Outbox<ToWorker> {
    const send = async (messages: readonly ToWorker[]): Promise<number> =>
      (await this.connect()).send(worker, { from: this.topic, messages });
    const outbox = new Outbox(send, () => this.#outboxes.delete(worker));
    this.#outboxes.set(worker, outbox);
    return outbox;
  }

  deliver(call: FleetCall): void {
    this.#deliveries.add(call);
  }

  over(call: FleetCall): void {
    if (this.calls.delete(call.id)) {
      this.happened('ended', call);
      if (this.calls.size === 0) {
        this.#watch.end();
        this.#idle?.();
      }
    }
  }

  happened(type: FleetEvent['type'], call?: FleetCall): void {
    if (this.events.observed) {
      this.events.next({ type, call: call?.name ?? '', id: call?.id ?? '', attempt: call?.attempt ?? 0 });
    }
  }

  state(): Promise<FleetState> {
    const { sendTimeout } = this.options;
    return askState(
      () => this.#state(),
      sendTimeout,
      () => notReached(sendTimeout, 'fleetState', this.trouble),
    );
  }

  async #state(): Promise<FleetState> {
    this.#checkOpen('fleetState');
    const engine = await this.connect();
    const [workers, counts] = await Promise.all([engine.workers(), engine.counts()]);
    return { workers, ...counts };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.options.exitMode === 'cancel') {
      this.#cancelAll();
    }
    if (this.calls.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await Promise.all([this.#disconnect(), this.#channel.close()]);
    this.events.complete();
  }

  async #disconnect(): Promise<void> {
    await Promise.race([
      Promise.all([...this.#outboxes.values()].map((outbox) => outbox.empty())),
      new Promise((resolve) => setTimeout(resolve, 1000).unref()),
    ]);
    this.#outboxes.forEach((outbox) => outbox.close());
    await this.#engine?.close(); // Before the next: a server that was never reached is not waited for.
    await this.#connected?.catch(() => {});
  }

  /** Closes on the spot: blocks while calls run. */
  closeHere(): void {
    const closing = this.close();
    if (this.calls.size === 0) {
      return; // Only the connection is left, and no call uses it.
    }
    try {
      tamed.from(closing).block();
    } catch (error) {
      this.#cancelAll();
      throw error instanceof BlockingError ? new BlockingError(NOT_HERE, { cause: error }) : error;
    }
  }

  #cancelAll(): void {
    const error = new CancelledError('Execution was cancelled: its fleet has been closed.');
    [...this.calls.values()].forEach((call) => call.cancelHere(error));
  }
}

const NOT_HERE =
  'Cannot wait here for the calls of this fleet that still run, so they are cancelled. ' +
  'Use "await using", or let nothing run at the end of the block.';
