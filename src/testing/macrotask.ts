// The timers as they are when this file is loaded: a run replaces the timers of the platform.
const { MessageChannel, setTimeout } = globalThis as Partial<typeof globalThis> &
  Pick<typeof globalThis, 'setTimeout'>;

/**
 * Calls `work` in a macrotask of its own, again and again until it returns false. Between two calls every promise reaction that
 * can run has run, however long the chain. `work` is never called in a reaction itself, since it runs the callbacks of timers.
 */
export function everyMacrotask(work: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const turns = new Turns(() => {
      try {
        if (work()) {
          turns.next();
        } else {
          turns.end();
          resolve();
        }
      } catch (error) {
        turns.end();
        reject(error);
      }
    });
    turns.next();
  });
}

/** A message is a macrotask that no fake timers know, and that takes no time. */
class Turns {
  readonly #turn: () => void;
  readonly #channel: MessageChannel | undefined;

  constructor(turn: () => void) {
    this.#turn = turn;
    // Some platforms have none, such as jsdom.
    if (MessageChannel !== undefined) {
      this.#channel = new MessageChannel();
      this.#channel.port1.onmessage = turn;
    }
  }

  next(): void {
    if (this.#channel === undefined) {
      setTimeout(this.#turn, 0);
    } else {
      this.#channel.port2.postMessage(undefined);
    }
  }

  end(): void {
    this.#channel?.port1.close();
  }
}
