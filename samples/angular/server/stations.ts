// Instruments that are read again and again. Watch for: the lighthouse answers only one request of three.
import type { Reading, Station } from '../wire.ts';
import { Refusal } from './refusal.ts';

const all: readonly Station[] = [
  { id: 'harbour', name: 'Harbour wall' },
  { id: 'marsh', name: 'Salt marsh' },
  { id: 'wood', name: 'Oak wood' },
  { id: 'lighthouse', name: 'Lighthouse' },
];

export class Stations {
  readonly #asked = new Map<string, number>();

  get list(): readonly Station[] {
    return all;
  }

  read(id: string): Reading {
    const index = all.findIndex((station) => station.id === id);
    if (index < 0) {
      throw new Refusal(404, `There is no station "${id}".`);
    }
    const times = (this.#asked.get(id) ?? 0) + 1;
    this.#asked.set(id, times);
    if (id === 'lighthouse' && times % 3 !== 0) {
      throw new Refusal(503, 'The line to the lighthouse is down.');
    }
    const wave = Math.sin(times / 3 + index) + Math.random() / 2;
    return {
      celsius: round(11 + 3 * wave - index),
      wind: round(Math.max(0, 5 + 2 * index + 3 * wave)),
      birds: Math.max(0, Math.round(20 + 12 * wave + 4 * index)),
    };
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
