import type { Engine } from './engine.ts';
import { Patron } from './patron.ts';

/** The callers that a worker knows. Each is forgotten a while after its last letter: callers come and go, and a worker stays. */
export class Patrons {
  readonly #topic: string;
  readonly #engine: Engine;
  readonly #contact: () => void;
  readonly #lost: (topic: string) => void;
  readonly #known = new Map<string, Patron>();

  /** `topic` is that of the worker. `contact` is called when the server has answered, `lost` when a caller is gone. */
  constructor(topic: string, engine: Engine, contact: () => void, lost: (topic: string) => void) {
    this.#topic = topic;
    this.#engine = engine;
    this.#contact = contact;
    this.#lost = lost;
  }

  [Symbol.iterator](): Iterator<Patron> {
    return this.#known.values();
  }

  /** The one that hears this topic, if it is known. */
  get(topic: string): Patron | undefined {
    return this.#known.get(topic);
  }

  /** The one that hears this topic. */
  of(topic: string): Patron {
    const known = this.#known.get(topic);
    if (known !== undefined && !known.isGone) {
      return known;
    }
    const lost = (): void => {
      this.#drop(patron);
      this.#lost(topic);
    };
    const patron: Patron = new Patron(topic, this.#topic, this.#engine, this.#contact, lost);
    this.#known.set(topic, patron);
    return patron;
  }

  /** No call of it runs here. It is forgotten if nothing has been said for so many ms: it would be asked anyway when it calls again. */
  forget(patron: Patron, ms: number): void {
    if (patron.isSilent(ms)) {
      this.#drop(patron);
    }
  }

  /** Another one may have taken its place, which still waits for answers. */
  #drop(patron: Patron): void {
    if (this.#known.get(patron.topic) === patron) {
      this.#known.delete(patron.topic);
    }
  }

  /** Fulfils when all is said. */
  async empty(): Promise<void> {
    await Promise.all([...this].map((patron) => patron.empty()));
  }

  close(): void {
    this.#known.forEach((patron) => patron.close());
  }
}
