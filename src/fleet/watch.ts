import { fileURLToPath } from 'node:url';

import { FleetError } from '../remote/fleet-error.ts';
import type { Engine } from './engine.ts';
import type { FleetEvent } from './events.ts';
import type { FleetCall } from './fleet-call.ts';
import type { CheckedFleetOptions } from './options.ts';
import { ListeningTime } from './listening-time.ts';
import type { PostOffice } from './post-office.ts';

/** The caller, as its watch sees it. */
export interface Watched {
  readonly options: CheckedFleetOptions;
  readonly topic: string;
  readonly calls: ReadonlyMap<string, FleetCall>;
  /** The last error of the connection. */
  readonly trouble: Error | undefined;
  connect(): Promise<Engine>;
  cancel(call: FleetCall): void;
  happened(type: FleetEvent['type']): void;
}

/** How many calls are looked at in one round: those whose last news is the oldest. */
const LOOKS = 100;

/** Watches over the calls of a caller: finds those that are lost, late, or without news. It rests while there are none. */
export class Watch {
  readonly #caller: Watched;
  readonly #post: PostOffice;
  readonly #href: string;
  #timer: NodeJS.Timeout | undefined;
  // For how long no answer has come from the server, in ms. The time that this process was busy with something else does not count.
  #silence = 0;
  #contactAt = 0;
  #period = 0;
  #time = new ListeningTime(0);
  #isAsking = false;
  #isLooking = false;
  #hasWarned = false;
  // Since when no worker was found.
  #aloneSince: number | undefined;

  constructor(caller: Watched, post: PostOffice, href: string) {
    this.#caller = caller;
    this.#post = post;
    this.#href = href;
  }

  /** The first call was made. */
  begin(): void {
    if (this.#timer === undefined) {
      const { leaseMs, sendTimeout, queueTimeout = Infinity } = this.#caller.options;
      const period = Math.min(leaseMs / 4, sendTimeout / 4, Math.max(queueTimeout / 4, 20), 1000);
      this.contact();
      this.#period = Math.max(5, period);
      this.#time = new ListeningTime(this.#period);
      this.#timer = setInterval(() => this.#round(), this.#period);
    }
  }

  /** The last call has ended. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  contact(): void {
    this.#silence = 0;
    this.#contactAt = performance.now();
  }

  /** Messages may have been missed. */
  lookAtAll(): void {
    for (const call of this.#caller.calls.values()) {
      call.heardAt = -Infinity;
    }
    this.#round();
  }

  #round(): void {
    const { leaseMs, sendTimeout } = this.#caller.options;
    const passed = this.#time.look();
    this.#post.expire(passed, sendTimeout, this.#caller.trouble);
    this.#silence += Math.min(passed, performance.now() - this.#contactAt);
    if (this.#silence > leaseMs) {
      this.#outOfReach();
    }
    void this.#ask();
    void this.#look();
  }

  /** By now the workers have ended the calls of this caller, since they are out of contact, too. */
  #outOfReach(): void {
    for (const call of this.#caller.calls.values()) {
      if (call.state === 'cancelled') {
        // Its worker may have heard from the server after this caller did, by the time between two rounds.
        if (this.#silence > call.patience + this.#period) {
          void call.abandon();
        }
      } else if (call.sentAt !== undefined) {
        const { leaseMs } = this.#caller.options;
        const what = `The server was out of reach for more than ${leaseMs} ms while "${call.name}" was under way.`;
        call.fail(new FleetError('lost', what, { cause: this.#caller.trouble }));
      }
    }
  }

  /** Asks the server for a sign of life. */
  async #ask(): Promise<void> {
    if (this.#isAsking) {
      return; // The server is away.
    }
    this.#isAsking = true;
    try {
      const engine = await this.#caller.connect();
      await engine.send('nobody', { from: this.#caller.topic, messages: [] });
      this.contact();
    } catch {
      // Asked again in the next round.
    } finally {
      this.#isAsking = false;
    }
  }

  async #look(): Promise<void> {
    if (this.#isLooking) {
      return;
    }
    this.#isLooking = true;
    try {
      await this.#lookAfter(await this.#caller.connect());
    } catch {
      // Looked at again in the next round.
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookAfter(engine: Engine): Promise<void> {
    const { leaseMs, queueTimeout = Infinity } = this.#caller.options;
    const now = performance.now();
    const sent = [...this.#caller.calls.values()].filter((call) => call.sentAt !== undefined);
    const waiting = sent.filter((call) => call.state === 'queued');
    const late = waiting.filter((call) => now - (call.sentAt ?? now) >= queueTimeout);
    const silent = sent
      .filter((call) => now - call.heardAt > leaseMs / 2)
      .sort((a, b) => a.heardAt - b.heardAt);
    await Promise.all([
      ...late.map((call) => this.#expire(engine, call)),
      ...silent.slice(0, LOOKS).map((call) => this.#lookAt(engine, call)),
      this.#countWorkers(engine, waiting, now),
    ]);
  }

  async #expire(engine: Engine, call: FleetCall): Promise<void> {
    if ((await engine.withdraw(call.id)) && call.state === 'queued') {
      const { queueTimeout = Infinity } = this.#caller.options;
      const what = `No worker has begun "${call.name}" within ${queueTimeout} ms. Start more workers, or raise "queueTimeout".`;
      call.fail(new FleetError('queueTimeout', what));
    }
  }

  async #lookAt(engine: Engine, call: FleetCall): Promise<void> {
    const sight = await engine.look(call.id);
    if (call.ended) {
      return;
    }
    call.heardAt = performance.now();
    if (call.state === 'cancelled' && sight.state !== 'ended' && sight.state !== 'gone') {
      if (sight.state === 'queued') {
        call.worker = undefined; // It is lost.
      }
      this.#caller.cancel(call);
      return;
    }
    switch (sight.state) {
      case 'gone':
        this.#gone(call);
        break;
      case 'ended':
        if (sight.answer === undefined) {
          call.fail(new FleetError('lost', `"${call.name}" has failed in the queue: ${sight.reason}`));
        } else {
          call.endedInQueue(sight.answer, this.#caller.options.leaseMs / 2);
        }
        break;
      case 'queued':
        this.#lost(call, sight.lost);
        break;
      case 'running':
        break;
    }
  }

  #gone(call: FleetCall): void {
    if (call.state === 'cancelled') {
      call.vanished();
    } else {
      const what = `The server does not know the call of "${call.name}" any more.`;
      call.giveUp(new FleetError('gone', `${what} It has lost its data, or someone has removed the call.`));
    }
  }

  /** A call that was lost waits again, though it is to fail: the next worker will put it among the failed. */
  #lost(call: FleetCall, lost: number): void {
    const { lost: policy } = this.#caller.options;
    if (lost > (policy === 'fail' ? 0 : 1)) {
      call.fail(new FleetError('lost', `The machine that ran "${call.name}" is lost.`));
    }
  }

  /** Warns if no worker is up, and looks for lost calls in their place. */
  async #countWorkers(engine: Engine, waiting: readonly FleetCall[], now: number): Promise<void> {
    const { leaseMs } = this.#caller.options;
    const patience = Math.min(1000, leaseMs);
    const silent = [...this.#caller.calls.values()].some((call) => now - call.made > patience);
    if (!silent) {
      return;
    }
    if ((await engine.workers()) > 0) {
      this.#aloneSince = undefined;
      return;
    }
    engine.free(leaseMs);
    // A worker that starts again, or renews its lease late, is there at the next look.
    this.#aloneSince ??= now;
    if (waiting.length > 0 && now - this.#aloneSince >= patience && !this.#hasWarned) {
      this.#hasWarned = true;
      this.#warn();
    }
  }

  #warn(): void {
    const { queue } = this.#caller.options;
    const [name, version] = queue.split('@');
    const file = this.#href.startsWith('file:') ? fileURLToPath(this.#href) : 'FILE';
    const command =
      `npx async-tamer-worker ${file} --connection redis://…` +
      ` --name ${name ?? ''}${version === undefined ? '' : ` --version ${version}`}`;
    process.emitWarning(`Calls wait for a worker, and none is up. Start one: ${command}`, {
      type: 'FleetWarning',
      code: 'ASYNC_TAMER_NO_WORKERS',
    });
    this.#caller.happened('no workers');
  }
}
