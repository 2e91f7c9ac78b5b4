import type { Redis } from 'ioredis';

import type { Letter } from './messages.ts';

/** How long a read waits for letters before it asks again, in ms. */
const TURN = 2000;

/** Letters that were read are removed from the server when they are so long together. The rest are when the lease is renewed. */
const TRIM = 2 ** 18;

/** The field of a letter in the stream. An entry without it only makes the stream. */
const LETTER = 'letter';

/**
 * Letters between processes, through the server. Each process has an inbox there: a stream that is there as long as the process
 * renews its lease. So a letter is kept while its receiver is out of contact, and the sender knows when the receiver is gone:
 * there is no inbox then.
 */
export class Bus {
  readonly #client: Redis;
  readonly #prefix: string;
  readonly #leaseMs: number;
  readonly #gap: () => void;
  readonly #failed: (error: Error) => void;
  #reader: Redis | undefined;
  // The topic that is heard here, and the group that hears it together with others.
  #topic = '';
  #group: string | undefined;
  // The last letter that was read, and the last one that is known to be removed.
  #cursor = '0-0';
  #trimmed = '0-0';
  // How long the letters are together that were read since then.
  #untrimmed = 0;
  #timer: NodeJS.Timeout | undefined;
  #isRenewing = false;
  #isClosed = false;

  /** `gap` is called when letters may have been lost, since the inbox was not there; `failed` with the errors of its connection. */
  constructor(
    client: Redis,
    queue: string,
    leaseMs: number,
    gap: () => void,
    failed: (error: Error) => void,
  ) {
    this.#client = client;
    // No queue of BullMQ has an empty name.
    this.#prefix = `bull::async-tamer:${queue}`;
    this.#leaseMs = Math.ceil(leaseMs); // The server takes no fractions.
    this.#gap = gap;
    this.#failed = failed;
  }

  #keyOf(name: string): string {
    return `${this.#prefix}:${name}`;
  }

  /** Hears what is sent to this topic, and to the group. Once. */
  async hear(
    topic: string,
    group: string | undefined,
    listener: (letter: Letter<never>) => void,
  ): Promise<void> {
    this.#topic = topic;
    this.#group = group;
    await this.#open();
    this.#timer = this.#beforeLeaseEnds(() => void this.#renew());
    // A connection that does not answer for so long is dead, though nothing has closed it.
    const reader = this.#client.duplicate({ maxRetriesPerRequest: null, socketTimeout: 3 * TURN });
    reader.on('error', this.#failed);
    this.#reader = reader;
    void this.#read(reader, listener);
  }

  /** Sends to this topic. Fulfils with 1, or with 0 if it is heard no longer. */
  async send(topic: string, letter: Letter<unknown>): Promise<number> {
    const id = await this.#client.xadd(this.#keyOf(topic), 'NOMKSTREAM', '*', LETTER, JSON.stringify(letter));
    return id === null ? 0 : 1;
  }

  /** Sends to all of a group. Fulfils with their number. */
  async sendToAll(group: string, letter: Letter<unknown>): Promise<number> {
    const topics = await this.#client.smembers(this.#keyOf(group));
    const heard = await Promise.all(topics.map((topic) => this.send(topic, letter)));
    const gone = topics.filter((_topic, index) => heard[index] === 0);
    if (gone.length > 0) {
      await this.#client.srem(this.#keyOf(group), gone);
    }
    return topics.length - gone.length;
  }

  /** How many of a group are there. They are not bothered. */
  async count(group: string): Promise<number> {
    const topics = await this.#client.smembers(this.#keyOf(group));
    return topics.length === 0 ? 0 : this.#client.exists(topics.map((topic) => this.#keyOf(topic)));
  }

  /** Renews the lease of another process, until the returned function is called. */
  keep(topic: string): () => void {
    const renew = (): void => {
      this.#client.pexpire(this.#keyOf(topic), this.#leaseMs).catch(() => {}); // The server is away; there is a next time.
    };
    renew();
    const timer = this.#beforeLeaseEnds(renew);
    return () => clearInterval(timer);
  }

  /** Again and again, some times in each lease. */
  #beforeLeaseEnds(renew: () => void): NodeJS.Timeout {
    return setInterval(renew, Math.max(5, this.#leaseMs / 4));
  }

  async #open(): Promise<void> {
    const inbox = this.#keyOf(this.#topic);
    // A new stream begins at the time of the server, whose clock may have been set back.
    this.#cursor = '0-0';
    this.#trimmed = '0-0';
    await this.#client.multi().xadd(inbox, '*', 'open', '').pexpire(inbox, this.#leaseMs).exec();
    await this.#join();
  }

  /** Again and again, since others take out of a group who seems to be gone. */
  async #join(): Promise<void> {
    if (this.#group !== undefined) {
      const group = this.#keyOf(this.#group);
      await this.#client
        .multi()
        .sadd(group, this.#topic)
        .pexpire(group, 10 * this.#leaseMs)
        .exec();
    }
  }

  async #renew(): Promise<void> {
    if (this.#isRenewing) {
      return; // The server is away.
    }
    this.#isRenewing = true;
    try {
      const isThere = await this.#client.pexpire(this.#keyOf(this.#topic), this.#leaseMs);
      if (this.#isClosed) {
        return;
      }
      if (isThere === 1) {
        await this.#join();
        this.#trim();
      } else {
        await this.#open();
        this.#gap();
      }
    } catch {
      // Renewed next time.
    } finally {
      this.#isRenewing = false;
    }
  }

  async #read(reader: Redis, listener: (letter: Letter<never>) => void): Promise<void> {
    const inbox = this.#keyOf(this.#topic);
    while (!this.#isClosed) {
      try {
        const read = await reader.xread('COUNT', 100, 'BLOCK', TURN, 'STREAMS', inbox, this.#cursor);
        for (const [id, [field, text = '']] of read?.[0]?.[1] ?? []) {
          this.#cursor = id;
          this.#untrimmed += text.length;
          if (field === LETTER) {
            listener(JSON.parse(text) as Letter<never>);
          }
        }
        if (this.#untrimmed > TRIM) {
          this.#trim();
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Removes the letters that were read from the server, but for the last. */
  #trim(): void {
    if (this.#cursor !== this.#trimmed) {
      this.#trimmed = this.#cursor;
      this.#untrimmed = 0;
      this.#client.xtrim(this.#keyOf(this.#topic), 'MINID', this.#cursor).catch(() => {}); // There is a next time.
    }
  }

  /** From here on a letter to this topic says that it is heard no longer. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#reader?.disconnect();
    if (this.#topic !== '') {
      await this.#client.del(this.#keyOf(this.#topic));
    }
    if (this.#group !== undefined) {
      await this.#client.srem(this.#keyOf(this.#group), this.#topic);
    }
  }
}
