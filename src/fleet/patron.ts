import type { Engine } from './engine.ts';
import type { Letter, ToCaller } from './messages.ts';
import { Outbox } from './outbox.ts';

interface Question {
  readonly message: ToCaller;
  answer(may: boolean): void;
}

/** A caller, as a worker sees it. */
export class Patron {
  readonly topic: string;
  readonly #outbox: Outbox<ToCaller>;
  // When its last letter came.
  #heardAt = -Infinity;
  // When it was told something last; at first, when it became known.
  #toldAt = performance.now();
  readonly #questions = new Map<string, Question>();
  #isGone = false;

  /** `contact` is called when the server has answered, `gone` when the caller hears its topic no longer. */
  constructor(topic: string, from: string, engine: Engine, contact: () => void, gone: () => void) {
    this.topic = topic;
    const send = async (messages: readonly ToCaller[]): Promise<number> => {
      const letter: Letter<ToCaller> = { from, messages };
      const heard = await engine.send(topic, letter);
      contact();
      return heard;
    };
    const lost = (): void => {
      this.#isGone = true;
      this.#questions.forEach(({ answer }) => answer(false));
      this.#questions.clear();
      gone();
    };
    this.#outbox = new Outbox(send, lost, joinValues);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** No letter to it waits, and none is under way. */
  get isIdle(): boolean {
    return this.#outbox.isIdle;
  }

  /** It is idle, has answered all, and nothing has been said for so many ms. */
  isSilent(ms: number): boolean {
    const last = Math.max(this.#heardAt, this.#toldAt);
    return this.isIdle && this.#questions.size === 0 && performance.now() - last > ms;
  }

  /** Whether a letter came from it within the last so many ms. */
  wasHeard(within: number): boolean {
    return performance.now() - this.#heardAt < within;
  }

  heard(): void {
    this.#heardAt = performance.now();
  }

  tell(message: ToCaller): void {
    this.#toldAt = performance.now();
    this.#outbox.post(message);
  }

  /** Finds out whether it is there. */
  ping(): void {
    this.#outbox.flush();
  }

  /** May this attempt begin? False, too, if the caller is gone. */
  ask(id: string, attempt: number, lost: number): Promise<boolean> {
    return new Promise((answer) => {
      const message = ['ask', id, attempt, lost] as const;
      this.#questions.set(`${id} ${attempt}`, { message, answer });
      this.tell(message);
    });
  }

  /** Asks what it has not answered: the server may have lost the question or the answer. It answers as often as it is asked. */
  askAgain(): void {
    this.#questions.forEach(({ message }) => this.tell(message));
  }

  answered(id: string, attempt: number, may: boolean): void {
    const key = `${id} ${attempt}`;
    this.#questions.get(key)?.answer(may);
    this.#questions.delete(key);
  }

  /** No code waits for answers any more. */
  close(): void {
    this.#questions.forEach(({ answer }) => answer(false));
    this.#outbox.close();
  }

  empty(): Promise<void> {
    return this.#outbox.empty();
  }
}

/** Values of one attempt that follow each other. */
function joinValues(last: ToCaller, message: ToCaller): boolean {
  if (last[0] === 'values' && message[0] === 'values' && last[1] === message[1] && last[2] === message[2]) {
    last[4].push(...message[4]);
    return true;
  }
  return false;
}
