import { AsyncLocalStorage } from 'node:async_hooks';
import type { Worker } from 'node:worker_threads';

import { reportUnhandled } from '../execution/unhandled.ts';
import type { Outcome, PackedOutcome } from '../remote/outcome.ts';
import { ThreadError } from '../remote/thread-error.ts';
import { crashIdle, crashOf, notStarted, type Exit } from './crash.ts';
import type { Source } from './exported.ts';
import type { CheckedThreadsOptions } from './options.ts';
import { loadPiscina, workerFile, type Piscina, type PiscinaWorker } from './peers.ts';
import type { Hello } from './pool-worker.ts';
import { Thread } from './thread.ts';
import type { CallHost, PoolCall } from './thread-call.ts';
import { tsNodeHere } from './typescript.ts';

/** Runs a function outside of every carried context. What belongs to no single call, such as a thread, is made so. */
const outside = AsyncLocalStorage.snapshot();

/**
 * Runs calls in the threads of a piscina, each call in its own thread. Piscina starts threads, ends idle ones, replaces lost
 * ones, takes a message to a thread and brings the answer back. Calls wait for their turn here, and not in piscina's queue,
 * which loses the order of tasks that can be aborted, and forgets tasks when no thread is left.
 */
export class Pool implements CallHost {
  readonly #url: string;
  readonly #options: CheckedThreadsOptions;
  #piscina: Piscina | undefined;
  readonly #waiting = new Set<PoolCall>();
  // Invariant: there are at most `maxThreads` of them.
  readonly #running = new Set<PoolCall>();
  readonly #threads = new Map<number, Thread>();
  // The calls whose thread is being ended, and the promise of that end.
  readonly #killed = new WeakMap<PoolCall, Promise<void>>();
  // Which thread each call got, as piscina sees it, and the calls that could not be sent to theirs.
  readonly #chosen = new WeakMap<PoolCall, PiscinaWorker>();
  readonly #refused = new WeakSet<PoolCall>();
  // Why the last thread could not be started, and whose end is heard.
  #startError: unknown;
  readonly #heard = new WeakSet<Worker>();
  // Called when nothing runs any more.
  #idle: (() => void) | undefined;

  constructor(url: string, options: CheckedThreadsOptions) {
    this.#url = url;
    this.#options = options;
  }

  get graceMs(): number | undefined {
    return this.#options.graceMs;
  }

  get counts(): { readonly queued: number; readonly running: number } {
    return { queued: this.#waiting.size, running: this.#running.size };
  }

  get size(): number {
    return this.#waiting.size + this.#running.size;
  }

  submit(call: PoolCall): void {
    this.#waiting.add(call);
    this.#dispatch();
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
    if (call.thread !== undefined) {
      return false;
    }
    if (!this.#waiting.delete(call)) {
      call.abort.abort(); // It waits in piscina for a thread that is being started.
    }
    return true;
  }

  async kill(call: PoolCall): Promise<void> {
    const id = [...this.#threads].find(([, thread]) => thread === call.thread)?.[0];
    const worker = id === undefined ? undefined : this.#workerOf(id);
    const exited = new Promise<void>((resolve) => {
      if (worker === undefined) {
        resolve();
      } else {
        worker.once('exit', () => resolve());
        worker.ref();
      }
    });
    this.#killed.set(call, exited);
    call.abort.abort();
    await exited;
  }

  /** Ends every call with this error. Their cleanup is still waited for. */
  cancelAll(error: unknown): void {
    [...this.#running, ...this.#waiting].forEach((call) => call.cancelHere(error));
    this.#whenIdle();
  }

  /** Waits until no call is left, and then until the threads have ended. */
  async close(): Promise<void> {
    if (this.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    this.#piscina?.threads.forEach((worker) => worker.ref()); // Otherwise the process might end first.
    await this.#piscina?.destroy();
  }

  #dispatch(): void {
    for (const call of this.#waiting) {
      if (this.#running.size === this.#options.maxThreads) {
        return;
      }
      this.#waiting.delete(call);
      this.#running.add(call);
      void this.#run(call);
    }
  }

  async #run(call: PoolCall): Promise<void> {
    try {
      const outcome = await this.#post(call);
      if (call.thread?.connected === false) {
        await call.thread.greeted(); // Its values come after that.
      }
      call.thread?.drain();
      call.settle(outcome);
    } catch (error) {
      call.thread?.drain();
      await this.#killed.get(call);
      if (!call.abort.aborted) {
        call.fail(this.#whyFailed(call, error));
      }
    }
    this.#running.delete(call);
    this.#dispatch();
    this.#whenIdle();
  }

  #whenIdle(): void {
    if (this.size === 0) {
      this.#idle?.();
    }
  }

  /** Gives the call to piscina. An error that this throws, rather than rejects with, is no crash: no thread could be made. */
  #post(call: PoolCall): Promise<Outcome | PackedOutcome> {
    return outside(() => {
      const { queueOptionsSymbol } = loadPiscina();
      const task = Object.assign(call.request, { [queueOptionsSymbol]: call });
      const options = { signal: call.abort, transferList: call.moved };
      try {
        this.#piscina ??= this.#open();
        const running = this.#piscina.run(task, options) as Promise<Outcome | PackedOutcome>;
        this.#piscina.threads.forEach((worker) => this.#hearExit(worker));
        if (this.#chosen.get(call)?.currentUsage === 0) {
          this.#refused.add(call); // It has a thread, but could not be sent there.
        }
        return running;
      } catch (error) {
        if (this.#piscina?.threads.length === 0) {
          this.#piscina = undefined; // Dropped together with its queue, where the call is.
        }
        throw notStarted(call.request.name, error);
      }
    });
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

  #open(): Piscina {
    const { Piscina } = loadPiscina();
    const { minThreads, maxThreads, idleTimeout, resourceLimits, execArgv } = this.#options;
    const piscina = new Piscina({
      filename: workerFile('pool-worker'),
      name: 'run',
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
      const thread = this.#threads.get(id);
      if (thread?.connected === false) {
        this.#threads.delete(id);
        thread.gone();
      }
      queueMicrotask(() => this.#starve(piscina));
    });
    piscina.on('error', (error: unknown) => this.#crashIdle(gone, error));
    return piscina;
  }

  /** Chooses the thread for a task that may begin, if one is free. Piscina calls this. */
  #choose(task: Readonly<Record<symbol, unknown>>, workers: readonly PiscinaWorker[]): PiscinaWorker | null {
    const free = workers.find((each) => each.currentUsage === 0 && !each.terminating && !each.destroyed);
    if (free !== undefined) {
      const call = task[loadPiscina().queueOptionsSymbol] as PoolCall; // `#post` put it there.
      call.runsIn(this.#threadOf(free.id));
      this.#chosen.set(call, free);
    }
    return free ?? null;
  }

  #threadOf(id: number): Thread {
    const thread =
      this.#threads.get(id) ??
      new Thread(
        (emission) => this.#callOf(emission.id)?.next(emission.value),
        (callId) => this.#callOf(callId)?.takesLater === true,
      );
    this.#threads.set(id, thread);
    return thread;
  }

  #workerOf(id: number): Worker | undefined {
    return this.#piscina?.threads.find(({ threadId }) => threadId === id);
  }

  /** Takes the first message of a thread. The module may send messages as well; they are ignored. */
  #greet(message: unknown): void {
    const hello = message as Hello | null | undefined;
    if (hello?.asyncTamer === 'hello') {
      const { threadId: id } = hello;
      this.#threadOf(id).connect(hello);
      // Not when its port closes: that may come before the news of a crash. In Deno, so may the exit.
      this.#workerOf(id)?.once('exit', () => queueMicrotask(() => this.#threads.delete(id)));
    }
  }

  #callOf(id: number): PoolCall | undefined {
    for (const call of this.#running) {
      if (call.request.id === id) {
        return call;
      }
    }
    return undefined;
  }

  #whyFailed(call: PoolCall, error: unknown): unknown {
    if (error instanceof ThreadError) {
      return error;
    }
    return this.#refused.has(call) ? call.refusal(error) : crashOf(call.request.name, error);
  }

  /** A thread has crashed that ran no call: because of something left running in it, or before its first message. */
  #crashIdle(id: number, error: unknown): void {
    if (this.#threads.has(id)) {
      reportUnhandled(crashIdle(error));
    } else {
      this.#startError = error;
    }
  }

  /** If a thread ends while it is being started, piscina forgets the calls that wait for it. So a new piscina takes its place. */
  #starve(piscina: Piscina): void {
    const starving = [...this.#running].filter((call) => call.thread === undefined);
    if (piscina !== this.#piscina || piscina.threads.length > 0 || starving.length === 0) {
      return;
    }
    const cause = this.#startError;
    this.#startError = undefined;
    this.#piscina = undefined;
    for (const call of starving) {
      call.abort.abort();
      call.fail(notStarted(call.request.name, cause));
    }
  }
}
