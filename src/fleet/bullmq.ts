import { createRequire } from 'node:module';

import type * as BullMQ from 'bullmq';
import type * as IORedis from 'ioredis';

import { FleetError } from '../remote/fleet-error.ts';
import { Bus } from './bus.ts';
import type { Counts, Engine, Job, Servant, Serving, Sight, Submission, Verdict } from './engine.ts';
import { ALL_WORKERS, type Answer, type Letter, type Order } from './messages.ts';

type Package = typeof BullMQ & Pick<typeof IORedis, 'Redis'>;
type BullJob = BullMQ.Job<Order, Answer>;

const require = createRequire(import.meta.url);

/** Loaded when the first call goes out; by `require`, since only so does it find ioredis. */
function loadBullMQ(): Package {
  try {
    const { Redis } = require('ioredis') as typeof IORedis;
    return { ...(require('bullmq') as typeof BullMQ), Redis };
  } catch (error) {
    throw new FleetError(
      'send',
      'A fleet needs the packages bullmq and ioredis. Install them: npm install bullmq@~6.7 ioredis',
      {
        cause: error,
      },
    );
  }
}

/** The name of ioredis' error for a command that it has given up. An earlier error says why. */
const GIVEN_UP = 'MaxRetriesPerRequestError';

/** Errors that the server repeats as often as it is asked. */
const REFUSED = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR (?:AUTH|invalid password|Client sent AUTH))/;

/** BullMQ on Redis or Valkey: queue and workers are its own, letters go by streams beside it. */
export class BullEngine implements Engine {
  readonly #package: Package;
  readonly #queueName: string;
  readonly #client: IORedis.Redis;
  readonly #options: object;
  readonly #gaps: (() => void)[] = [];
  readonly #ready: Promise<void>;
  readonly #bus: Bus;
  #queue: BullMQ.Queue<Order, Answer> | undefined;
  #freer: BullMQ.Worker | undefined;
  // The last error of the connection.
  #lastError: Error | undefined;
  #refuse: ((error: FleetError) => void) | undefined;

  constructor(queue: string, connection: object, leaseMs: number) {
    this.#package = loadBullMQ();
    this.#queueName = queue;
    // One command is tried again twice, and then fails: no code waits for a server that is away.
    this.#options = { ...connection, retryStrategy, maxRetriesPerRequest: 2, lazyConnect: false };
    const { url, ...options } = this.#options as { readonly url?: string };
    const { Redis } = this.#package;
    this.#client = url === undefined ? new Redis(options) : new Redis(url, options);
    this.#client.on('error', (error: Error) => this.#failed(error));
    this.#bus = new Bus(
      this.#client,
      queue,
      leaseMs,
      () => this.#gaps.forEach((listener) => listener()),
      (error) => this.#failed(error),
    );
    this.#ready = this.#open();
    this.#ready.catch(() => {}); // Each caller of ready() gets the error.
  }

  readonly onGap = (listener: () => void): void => {
    this.#gaps.push(listener);
  };

  /** The last error of the connection. */
  get trouble(): Error | undefined {
    return this.#lastError;
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  async #open(): Promise<void> {
    const refused = new Promise<never>((_resolve, reject) => {
      this.#refuse = reject;
    });
    const isReady = new Promise<void>((resolve) => {
      this.#client.once('ready', resolve);
    });
    await Promise.race([isReady, refused]);
    check(await Promise.race([this.#client.info(), refused]));
    const { Queue } = this.#package;
    // The types of ioredis do not pass `exactOptionalPropertyTypes`.
    const connection = this.#client as unknown as BullMQ.ConnectionOptions;
    // It asks for the server's version: only with one that is new enough, it finds a job without reading the whole queue.
    this.#queue = new Queue<Order, Answer>(this.#queueName, { connection });
    this.#queue.on('error', (error: Error) => this.#failed(error));
    await Promise.race([this.#queue.waitUntilReady(), refused]);
  }

  #failed(error: Error): void {
    if (error.name !== GIVEN_UP) {
      this.#lastError = error;
    }
    if (REFUSED.test(error.message)) {
      this.#refuse?.(
        new FleetError('send', `The server refuses the connection: ${error.message}`, { cause: error }),
      );
    }
  }

  async submit(calls: readonly Submission[]): Promise<void> {
    await this.#ready;
    const jobs = calls.map(({ id, name, order, options, resultTtl }) => ({
      name,
      data: order,
      opts: {
        ...options,
        jobId: id,
        attempts: options.attempts ?? 1,
        removeOnComplete: { age: Math.ceil(resultTtl / 1000) },
        removeOnFail: { count: 10_000 },
      },
    }));
    const [first] = jobs;
    // One alone needs no transaction, which is dearer.
    await (first !== undefined && jobs.length === 1
      ? this.#queue?.add(first.name, first.data, first.opts)
      : this.#queue?.addBulk(jobs));
  }

  async withdraw(id: string): Promise<boolean> {
    await this.#ready;
    return (await this.#queue?.remove(id)) === 1;
  }

  async look(id: string): Promise<Sight> {
    await this.#ready;
    // In this order: the job of a call that has ended has its answer, which one that was read before has not.
    const state = await this.#queue?.getJobState(id);
    const job = await this.#queue?.getJob(id);
    if (job === undefined) {
      return { state: 'gone' };
    }
    switch (state) {
      case 'completed':
        return { state: 'ended', answer: job.returnvalue, reason: '' };
      case 'failed':
        return { state: 'ended', answer: answerIn(job), reason: job.failedReason };
      case 'active':
        return { state: 'running', lost: job.stalledCounter };
      case undefined:
      case 'unknown':
        return { state: 'gone' };
      case 'waiting':
      case 'waiting-children':
      case 'prioritized':
      case 'delayed':
        return { state: 'queued', lost: job.stalledCounter };
    }
  }

  async send(topic: string, letter: Letter<unknown>): Promise<number> {
    await this.#ready;
    return topic === ALL_WORKERS ? this.#bus.sendToAll(topic, letter) : this.#bus.send(topic, letter);
  }

  async hear(
    topic: string,
    group: string | undefined,
    listener: (letter: Letter<never>) => void,
  ): Promise<void> {
    await this.#ready;
    await this.#bus.hear(topic, group, listener);
  }

  async workers(): Promise<number> {
    await this.#ready;
    return this.#bus.count(ALL_WORKERS);
  }

  keep(topic: string): () => void {
    return this.#bus.keep(topic);
  }

  free(lockMs: number): void {
    if (this.#freer === undefined) {
      this.#freer = new this.#package.Worker(this.#queueName, null, {
        ...this.#workerOptions(lockMs),
        autorun: false,
      });
      this.#freer.on('error', (error: Error) => this.#failed(error));
      void this.#freer.startStalledCheckTimer();
    }
  }

  #workerOptions(lockMs: number): BullMQ.WorkerOptions {
    return {
      // It asks for the server's version: only with one that is new enough, delays are exact to less than a second.
      connection: { ...this.#options, maxRetriesPerRequest: null },
      lockDuration: Math.ceil(lockMs), // The server takes no fractions.
      stalledInterval: Math.max(5, Math.floor(lockMs / 2)),
      // The order of each call says how often it may be lost.
      maxStalledCount: 1_000_000,
      runRetryDelay: 500,
    };
  }

  async serve(servant: Servant): Promise<Serving> {
    await this.#ready;
    const { Worker } = this.#package;
    const verdicts = new WeakMap<object, Verdict>();
    const run = async (job: BullJob, token: string | undefined): Promise<Answer> => {
      const verdict = await servant.run(jobOf(job));
      verdicts.set(job, verdict);
      return this.#report(job, token, verdict);
    };
    const worker = new Worker<Order, Answer>(this.#queueName, run, {
      ...this.#workerOptions(servant.lockMs),
      concurrency: servant.concurrency,
    });
    worker.on('error', (error: Error) => this.#failed(error));
    worker.on('lockRenewalFailed', (ids: string[]) => servant.lost(ids));
    const stored = (job: object | undefined): void => {
      const verdict = job === undefined ? undefined : verdicts.get(job);
      if (verdict !== undefined && verdict.kind !== 'back') {
        verdict.stored();
      }
    };
    worker.on('completed', stored);
    worker.on('failed', stored);
    await worker.waitUntilReady();
    return { pause: () => void worker.pause(true), close: () => settled(worker.close()) };
  }

  /** Tells BullMQ the verdict: by the returned value or the thrown error. */
  async #report(job: BullJob, token: string | undefined, verdict: Verdict): Promise<Answer> {
    const { WaitingError, UnrecoverableError } = this.#package;
    switch (verdict.kind) {
      case 'completed':
        Object.assign(job.opts, verdict.kept ? {} : { removeOnComplete: true });
        return verdict.answer;
      case 'back':
        await job.moveToWait(token);
        throw new WaitingError();
      case 'failed': {
        const { error, answer, again } = verdict;
        if (!again) {
          await job.updateProgress({ answer });
        }
        const Thrown = again ? Error : UnrecoverableError;
        throw Object.assign(new Thrown(error.message), { stack: error.stack });
      }
    }
  }

  async counts(): Promise<Counts> {
    await this.#ready;
    const types = ['waiting', 'prioritized', 'delayed', 'active', 'failed'] as const;
    const all = (await this.#queue?.getJobCounts(...types)) ?? {};
    const of = (...names: string[]): number => names.reduce((sum, name) => sum + (all[name] ?? 0), 0);
    return {
      queued: of('waiting', 'prioritized', 'delayed'),
      running: of('active'),
      failed: of('failed'),
    };
  }

  async close(): Promise<void> {
    this.#refuse?.(new FleetError('closed', 'The connection to the server has been closed.'));
    await settled(this.#freer?.close(true));
    await settled(this.#bus.close());
    await settled(this.#queue?.close());
    this.#client.disconnect();
  }
}

function retryStrategy(times: number): number {
  return Math.min(25 * 2 ** times, 1000);
}

/** Throws unless the server can be relied on. */
function check(info: string): void {
  const valueOf = (key: string): string => new RegExp(`^${key}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const [major = 0, minor = 0] = valueOf('redis_version').split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    throw new FleetError(
      'send',
      `The server is Redis ${valueOf('redis_version')}. A fleet needs Redis from 6.2 on, or Valkey.`,
    );
  }
  const policy = valueOf('maxmemory_policy');
  if (policy !== '' && policy !== 'noeviction') {
    throw new FleetError(
      'send',
      `The server drops data when its memory is full: its "maxmemory-policy" is "${policy}". ` +
        'A fleet would lose calls by that. Set it to "noeviction".',
    );
  }
}

function answerIn(job: BullJob): Answer | undefined {
  return (job.progress as { readonly answer?: Answer } | undefined)?.answer;
}

function jobOf(job: BullJob): Job {
  return {
    id: job.id ?? '',
    name: job.name,
    order: job.data,
    attempt: job.attemptsStarted,
    lost: job.stalledCounter,
    hasAttemptsLeft: job.attemptsMade + 1 < (job.opts.attempts ?? 1),
  };
}

/** Waits until this has ended; not for long, since the server may be away. */
async function settled(ending: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 1000);
  });
  await Promise.race([ending?.then(undefined, () => {}), late]);
  clearTimeout(timer);
}
