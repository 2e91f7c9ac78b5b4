import { isEqual } from './equal.ts';
import { show } from './show.ts';

/**
 * The values that the letters of a diagram stand for. A letter that is not listed stands for itself.
 *
 * @example
 * ```ts
 * import { runMarbles, type Values } from 'async-tamer/testing';
 *
 * const books: Values = { a: { title: 'Emma' }, b: { title: 'Ulysses' } };
 * runMarbles(({ cold, expectObservable }) => {
 *   expectObservable(cold('a-b|', books)).toBe('a-b|', books);
 * });
 * ```
 */
export type Values = Readonly<Record<string, unknown>>;

/** Finds letters for values, as the diagram of a test has them, or new ones, and lists what they stand for. */
export class Letters {
  readonly #values: Map<string, unknown>;
  // The letters that the legend explains, in the order in which they were met.
  readonly #used = new Map<string, unknown>();

  constructor(values: Values = {}) {
    this.#values = new Map(Object.entries(values));
  }

  /** The value of a letter in the diagram of a test. */
  valueOf(letter: string): unknown {
    const value = this.#values.has(letter) ? this.#values.get(letter) : letter;
    this.#use(letter, value);
    return value;
  }

  /** The letter of a value that was emitted: `likely` if that stands for it. */
  letterOf(value: unknown, likely: string | undefined): string {
    const known = [...new Map([...this.#values, ...this.#used])].filter(([, other]) => isEqual(value, other));
    const [letter] = known.find(([each]) => each === likely) ?? known[0] ?? [this.#newLetter(value)];
    this.#use(letter, value);
    return letter;
  }

  #newLetter(value: unknown): string {
    const own = typeof value === 'string' && /^[\p{L}\p{N}]$/u.test(value) ? [value] : [];
    const free = [...own, ...LETTERS].find((letter) => !this.#values.has(letter) && !this.#used.has(letter));
    return free ?? '*';
  }

  #use(letter: string, value: unknown): void {
    if (!this.#used.has(letter)) {
      this.#used.set(letter, value);
    }
  }

  /** A line for each letter that does not stand for itself. */
  legend(): string[] {
    return [...this.#used]
      .filter(([letter, value]) => letter !== value)
      .map(([letter, value]) => `${letter} = ${show(value)}`);
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.split('');
