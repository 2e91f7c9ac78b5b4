/** How long after a letter the next one goes at the earliest, in ms. */
const PAUSE = 2;

/**
 * Sends messages to one topic. At most one letter is under way, so that one which is sent again keeps its place. All messages of
 * that time, and of a short pause after it, go with the next: a letter costs more than a message.
 */
export class Outbox<M> {
  readonly #send: (messages: readonly M[]) => Promise<number>;
  readonly #gone: () => void;
  readonly #join: (last: M, message: M) => boolean;
  #waiting: M[] = [];
  #sending: Promise<void> | undefined;
  // When the next letter may go.
  #nextAt = -Infinity;
  #closed = false;

  /**
   * `send` fulfils with how many have heard it; `gone` is called if that is none. `join` adds a message to the last that
   * waits, where one can say both, and returns whether it has.
   */
  constructor(
    send: (messages: readonly M[]) => Promise<number>,
    gone: () => void,
    join: (last: M, message: M) => boolean = () => false,
  ) {
    this.#send = send;
    this.#gone = gone;
    this.#join = join;
  }

  /** No message waits, and none is under way. */
  get isIdle(): boolean {
    return this.#sending === undefined;
  }

  post(message: M): void {
    const last = this.#waiting.at(-1);
    if (last === undefined || !this.#join(last, message)) {
      this.#waiting.push(message);
    }
    this.flush();
  }

  /** Sends the messages that wait. A letter without messages asks whether the topic is heard. */
  flush(): void {
    this.#sending ??= this.#run().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0 && !this.#closed) {
        this.flush();
      }
    });
  }

  /** Fulfils when all is said, or no receiver is there any more. */
  async empty(): Promise<void> {
    while (this.#sending !== undefined) {
      await this.#sending;
    }
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // Messages of one go travel together.
    do {
      const early = this.#nextAt - performance.now();
      if (early > 0) {
        await new Promise((resolve) => setTimeout(resolve, early));
      }
      const messages = this.#waiting;
      this.#waiting = [];
      const heard = await this.#insist(messages);
      if (heard === 0 && !this.#closed) {
        this.#waiting = [];
        this.#gone();
      }
      this.#nextAt = performance.now() + PAUSE;
    } while (this.#waiting.length > 0);
  }

  /** A server that is away comes back, or the callers that wait for this give up. */
  async #insist(messages: readonly M[]): Promise<number | undefined> {
    while (!this.#closed) {
      try {
        return await this.#send(messages);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return undefined;
  }
}
