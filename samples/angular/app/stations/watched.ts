// A station, and its last readings.
import { computed, signal } from '@angular/core';

import type { Reading, Station } from '../../wire.ts';
import type { Setback } from '../server/back-off.ts';

/** How many readings are kept. */
const memory = 24;

export class Watched {
  readonly station: Station;
  readonly #readings = signal<readonly Reading[]>([]);

  /** What has gone wrong since the last reading; undefined while all is well. */
  readonly setback = signal<Setback | undefined>(undefined);
  readonly latest = computed(() => this.#readings().at(-1));
  readonly count = computed(() => this.#readings().length);

  /** How many birds passed, reading by reading, as the points of a line in a box of 100 × 30. */
  readonly points = computed(() => {
    const counts = this.#readings().map(({ birds }) => birds);
    const most = Math.max(...counts, 1);
    return counts
      .map((birds, index) => `${(index * 100) / (memory - 1)},${29 - (28 * birds) / most}`)
      .join(' ');
  });

  constructor(station: Station) {
    this.station = station;
  }

  note(reading: Reading): void {
    this.#readings.update((readings) => [...readings, reading].slice(-memory));
    this.setback.set(undefined);
  }
}
