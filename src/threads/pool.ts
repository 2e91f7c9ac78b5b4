import { AsyncLocalStorage } from 'node:async_hooks';
import type { Worker } from 'node:worker_threads';

import { reportUnhandled } from '../execution/unhandled.ts';
import { crashIdle, crashOf, exitCodeOf, notStarted, type Exit } from './crash.ts';
import type { Source } from './exported.ts';
import { Lease } from './lease.ts';
import type { Hello } from './messages.ts';
import type { CheckedThreadsOptions } from './options.ts';
import { loadPiscina, workerFile, type Piscina, type PiscinaWorker } from './peers.ts';
import { Thread } from './thread.ts';
import type { CallHost, PoolCall } from './thread-call.ts';
import { tsNodeHere } from './typescript.ts';

/** Runs a function outside of every carried context. What belongs to no single call, such as a thread, is made so. */
const outside = AsyncLocalStorage.snapshot();

/** The timers of Node, also where a test has put others in their place: closing waits for no clock that stands still. */
const { setTimeout: later } = globalThis;

/** How long a thread is held for another call, in ms: it is for the next of several calls that are awaited one by one. */
const HELD = 3;

/**
 * Runs calls in the threads of a piscina, each call in its own thread. Piscina starts threads, ends idle ones, and replaces lost
 * ones. Calls wait for their turn here, and not in piscina's queue, which loses the order of tasks that can be aborted, and
 * forgets tasks when no thread is left.
 */
export class Pool implements CallHost {
  readonly #url: string;
  readonly #options: CheckedThreadsOptions;
  #piscina: Piscina | undefined;
  readonly #waiting = new Set<PoolCall>();
  // Invariant: there are at most `maxThreads` of them, and none is idle while a call waits.
  readonly #leases = new Set<Lease>();
  readonly #threads = new Map<number, Thread>();
  // Those of the leases that are idle, the last one last. They are released when they have been idle for a whole round.
  #idle: Lease[] = [];
  #timer: NodeJS.Timeout | undefined;
  #round = 0;
  // Why the last thread could not be started, and whose end is heard.
  #startError: unknown;
  readonly #heard = new WeakSet<Worker>();
  #isClosed = false;
  // Called when nothing runs any more.
  #empty: (() => void) | undefined;

  constructor(url: string, options: CheckedThreadsOptions) {
    this.#url = url;
    this.#options = options;
  }

  get graceMs(): number | undefined {
    return this.#options.graceMs;
  }

  get counts(): { readonly queued: number; readonly running: number } {
    return { queued: this.#waiting.size, running: this.#running.length };
  }

  /** The calls that run, those included whose thread is being ended. */
  get #running(): PoolCall[] {
    return [...this.#leases].flatMap(({ call }) => call ?? []);
  }

  get size(): number {
    const { queued, running } = this.counts;
    return queued + running;
  }

  submit(call: PoolCall): void {
    const lease = this.#idle.pop();
    if (lease !== undefined) {
      this.#begin(lease, call);
      return;
    }
    this.#waiting.add(call);
    this.#open();
    if (call.ended || call.thread !== undefined) {
      return;
    }
    try {
      call.snapshot();
    } catch (error) {
      this.withdraw(call);
      call.fail(call.refusal(error));
    }
  }

  withdraw(call: PoolCall): boolean {
    if (this.#waiting.delete(call)) {
      this.#whenEmpty();
    }
    return call.thread === undefined;
  }

  async kill(call: PoolCall): Promise<void> {
    const lease = [...this.#leases].find((each) => each.call === call);
    const id = [...this.#threads].find(([, thread]) => thread === call.thread)?.[0];
    const worker = this.#piscina?.threads.find(({ threadId }) => threadId === id);
    if (lease === undefined || worker === undefined) {
      return;
    }
    lease.exited = new Promise((resolve) => {
      worker.once('exit', () => resolve());
    });
    worker.ref();
    lease.abort.abort();
    await lease.exited;
  }

  /** Ends every call with this error. Their cleanup is still waited for. */
  cancelAll(error: unknown): void {
    [...this.#running, ...this.#waiting].forEach((call) => call.cancelHere(error));
    this.#whenEmpty();
  }

  /** Waits until no call is left, and then until the threads have ended. */
  async close(): Promise<void> {
    if (this.size > 0) {
      await new Promise<void>((resolve) => {
        this.#empty = resolve;
      });
    }
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#piscina?.threads.forEach((worker) => worker.ref()); // Otherwise the process might end first.
    const threads = [...this.#threads.values()];
    await this.#piscina?.destroy();
    threads.forEach((thread) => thread.close());
    if (this.#piscina !== undefined) {
      // The news of the last exit may come in the turn of the event loop that closes the ports at its end.
      await new Promise((resolve) => later(resolve));
    }
  }

  #leasesThatAre(...states: readonly Lease['state'][]): Lease[] {
    return [...this.#leases].filter(({ state }) => states.includes(state));
  }

  /** Takes threads for the calls that wait, but for those for which threads are on their way. */
  #open(): void {
    while (this.#leases.size < this.#options.maxThreads) {
      const coming = this.#leasesThatAre('starting', 'leaving').length;
      if (coming >= this.#waiting.size) {
        return;
      }
      const lease = new Lease();
      this.#leases.add(lease);
      try {
        outside(() => this.#start(lease));
      } catch (error) {
        this.#leases.delete(lease);
        this.#notStarted([...this.#waiting].slice(coming, coming + 1), error);
      }
    }
  }

  #notStarted(calls: readonly PoolCall[], error: unknown): void {
    for (const call of calls) {
      this.#waiting.delete(call);
      call.fail(notStarted(call.request.name, error));
    }
    this.#whenEmpty();
  }

  /** Asks piscina for a thread. An error that this throws, rather than rejects with, is no crash: no thread could be made. */
  #start(lease: Lease): void {
    const { queueOptionsSymbol } = loadPiscina();
    try {
      this.#piscina ??= this.#make();
      const running = this.#piscina.run({ [queueOptionsSymbol]: lease }, { signal: lease.abort });
      this.#piscina.threads.forEach((worker) => this.#hearExit(worker));
      void this.#hold(lease, running);
    } catch (error) {
      if (this.#piscina?.threads.length === 0) {
        this.#piscina = undefined; // Dropped together with its queue, where the lease is.
      }
      throw error;
    }
    if (lease.thread === undefined) {
      lease.given = () => queueMicrotask(() => this.#ready(lease)); // Not on the stack of piscina, which sends its task after that.
    } else {
      this.#ready(lease);
    }
  }

  /** Piscina has given a thread. */
  #ready(lease: Lease): void {
    lease.thread?.whenConnected(() => this.#next(lease));
  }

  /** Runs the next call in a thread that is free. */
  #next(lease: Lease): void {
    lease.call = undefined;
    if (lease.state === 'lost') {
      return;
    }
    const [call] = this.#waiting;
    if (call !== undefined) {
      this.#waiting.delete(call);
      this.#begin(lease, call);
      return;
    }
    lease.state = 'idle';
    lease.idleSince = this.#round;
    this.#idle.push(lease);
    this.#timer ??= outside(() => setTimeout(() => this.#release(), HELD).unref());
    this.#whenEmpty();
  }

  #begin(lease: Lease, call: PoolCall): void {
    const thread = lease.thread as Thread; // It is ready, so it has one.
    lease.state = 'busy';
    lease.call = call;
    try {
      thread.run(call, () => this.#next(lease));
      call.runsIn(thread);
    } catch (error) {
      this.#next(lease);
      call.fail(call.refusal(error));
    }
  }

  /** Gives back the threads that have been idle for a round. */
  #release(): void {
    this.#timer = undefined;
    this.#round++;
    const late = this.#idle.filter(({ idleSince }) => idleSince < this.#round - 1);
    this.#idle = this.#idle.filter((lease) => !late.includes(lease));
    for (const lease of late) {
      lease.state = 'leaving';
      lease.thread?.release();
    }
    if (this.#idle.length > 0) {
      this.#timer = outside(() => setTimeout(() => this.#release(), HELD).unref());
    }
  }

  /** Waits until piscina has the thread back, or the thread has ended. */
  async #hold(lease: Lease, running: Promise<unknown>): Promise<void> {
    try {
      await running;
    } catch (error) {
      await this.#lost(lease, error);
    }
    this.#leases.delete(lease);
    if (!lease.abort.aborted || lease.exited !== undefined) {
      this.#open();
    }
    this.#whenEmpty();
  }

  async #lost(lease: Lease, error: unknown): Promise<void> {
    const { state } = lease;
    this.#idle = this.#idle.filter((each) => each !== lease);
    lease.state = 'lost';
    lease.thread?.drain();
    await lease.exited;
    const { call } = lease;
    if (lease.abort.aborted || this.#isClosed) {
      return;
    }
    if (call !== undefined) {
      call.fail(crashOf(call.request.name, error));
    } else if (state === 'starting') {
      this.#notStarted([...this.#waiting].slice(0, 1), error);
    } else if (exitCodeOf(error) === undefined) {
      reportUnhandled(crashIdle(error));
    }
  }

  #whenEmpty(): void {
    if (this.#empty !== undefined && this.size === 0) {
      this.#empty();
    }
  }

  /** A thread that ends while it is being started tells why by its exit code alone, if there is no error. */
  #hearExit(worker: Worker): void {
    if (!this.#heard.has(worker)) {
      this.#heard.add(worker);
      const id = worker.threadId;
      worker.once('exit', (exitCode) => {
        if (!this.#threads.has(id)) {
          this.#startError ??= { exitCode } satisfies Exit;
        }
      });
    }
  }

  #make(): Piscina {
    const { Piscina } = loadPiscina();
    const { minThreads, maxThreads, idleTimeout, resourceLimits, execArgv } = this.#options;
    const piscina = new Piscina({
      filename: workerFile('pool-worker'),
      name: 'held',
      workerData: { url: this.#url, tsNode: tsNodeHere() } satisfies Source,
      minThreads,
      maxThreads,
      idleTimeout,
      ...(resourceLimits !== undefined && { resourceLimits }),
      ...(execArgv !== undefined && { execArgv }),
      // With atomics, a thread would be blocked between two calls. That would stop what the module does by itself, and what a
      // call has left running.
      atomics: 'disabled',
      recordTiming: false,
      loadBalancer: (task, workers) => this.#choose(task, workers),
    });
    let gone = -1;
    piscina.on('message', (message: unknown) => this.#greet(message));
    piscina.on('workerDestroy', ({ id }: PiscinaWorker) => {
      gone = id;
      const wasStarting = this.#threads.get(id)?.connected !== true;
      if (wasStarting) {
        this.#threads.delete(id);
        queueMicrotask(() => this.#starve(piscina));
      }
    });
    piscina.on('error', (error: unknown) => this.#crashIdle(gone, error));
    return piscina;
  }

  /** Chooses the thread for a lease, if one is free. Piscina calls this. */
  #choose(task: Readonly<Record<symbol, unknown>>, workers: readonly PiscinaWorker[]): PiscinaWorker | null {
    const free = workers.find((each) => each.currentUsage === 0 && !each.terminating && !each.destroyed);
    if (free !== undefined) {
      const lease = task[loadPiscina().queueOptionsSymbol] as Lease; // `#start` put it there.
      lease.thread = this.#threadOf(free.id);
      lease.given?.();
    }
    return free ?? null;
  }

  #threadOf(id: number): Thread {
    const thread = this.#threads.get(id) ?? new Thread();
    this.#threads.set(id, thread);
    return thread;
  }

  /** Takes the first message of a thread. The module may send messages as well; they are ignored. */
  #greet(message: unknown): void {
    const hello = message as Hello | null | undefined;
    if (hello?.asyncTamer === 'hello') {
      const { threadId: id } = hello;
      this.#threadOf(id).connect(hello);
      const worker = this.#piscina?.threads.find(({ threadId }) => threadId === id);
      // Not when its port closes: that may come before the news of a crash. In Deno, so may the exit.
      worker?.once('exit', () => queueMicrotask(() => this.#threads.delete(id)));
    }
  }

  /** A thread has crashed that piscina took for idle: because of something left running in it, or before its first message. */
  #crashIdle(id: number, error: unknown): void {
    if (this.#threads.has(id)) {
      reportUnhandled(crashIdle(error));
    } else {
      this.#startError = error;
    }
  }

  /**
   * A thread has ended while it was being started. If it was the last one, piscina forgets the leases that wait for it. So a new
   * piscina takes its place. Else what waits for this one can be done by the others.
   */
  #starve(piscina: Piscina): void {
    const starving = this.#leasesThatAre('starting').filter(({ thread }) => thread === undefined);
    if (piscina !== this.#piscina || starving.length === 0) {
      return;
    }
    if (piscina.threads.length > 0) {
      starving[0]?.abort.abort();
      return;
    }
    const cause = this.#startError;
    this.#startError = undefined;
    this.#piscina = undefined;
    for (const lease of starving) {
      this.#leases.delete(lease);
      lease.abort.abort();
    }
    this.#notStarted([...this.#waiting].slice(0, starving.length), cause);
    this.#open();
  }
}
