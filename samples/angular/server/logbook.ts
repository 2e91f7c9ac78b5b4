// A book that one reader has at a time. Watch for: a reader who does not give it back keeps all others waiting.
import type { Page } from '../wire.ts';
import { Refusal } from './refusal.ts';

const months = ['March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'];

export class Logbook {
  #reader: string | undefined;

  get taken(): boolean {
    return this.#reader !== undefined;
  }

  take(reader: string): { readonly pages: number } {
    if (this.#reader !== undefined && this.#reader !== reader) {
      throw new Refusal(503, 'Another reader has the logbook.');
    }
    this.#reader = reader;
    return { pages: months.length };
  }

  read(index: number): Page {
    const month = months[index];
    if (month === undefined) {
      throw new Refusal(404, `There is no page ${index}.`);
    }
    const wave = Math.sin(((index + 1) / months.length) * Math.PI);
    return { month, species: Math.round(61 + 58 * wave), birds: Math.round(2140 + 5310 * wave + 97 * index) };
  }

  giveBack(reader: string): void {
    if (this.#reader === reader) {
      this.#reader = undefined;
    }
  }
}
