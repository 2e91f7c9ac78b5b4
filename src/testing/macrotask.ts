// As they are when this is loaded: a run replaces the timers of the platform.
const { MessageChannel, setTimeout } = globalThis as Partial<typeof globalThis> &
  Pick<typeof globalThis, 'setTimeout'>;

/**
 * Calls `work` in a macrotask of its own, again and again until it returns false: between two of them every promise reaction
 * that can run has run, however long the chain. Never in a promise's reaction itself: what `work` runs are timers' callbacks.
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
    // Not everywhere: jsdom has none.
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
