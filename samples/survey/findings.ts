// The findings of a survey so far. What to watch for: they belong to the caller, and grow while the survey runs. So the caller
// has them after a cancel, too, when the survey returns no value.
import type { Measures } from './files.ts';
import type { Manifest, Tally } from './package.ts';

/** How the survey of one package ended. `path` is that of its directory. */
export type Row = Surveyed | Failed | CutOff;

/** It was read to its end. */
export interface Surveyed extends Readonly<Tally>, Manifest {
  readonly outcome: 'surveyed';
  readonly path: string;
}

/** Something in it could not be read. */
export interface Failed {
  readonly outcome: 'failed';
  readonly path: string;
  readonly error: string;
}

/** It was given up, having come as far as the tally says. */
export interface CutOff extends Readonly<Tally> {
  readonly outcome: 'cut off';
  readonly path: string;
  readonly reason: string;
}

/** Files whose content another file has, too, as far as files were hashed. */
export class Copies {
  readonly #seen = new Set<string>();
  files = 0;
  bytes = 0;

  /** Whether any file was hashed. */
  get known(): boolean {
    return this.#seen.size > 0;
  }

  add({ hash, bytes }: Measures): void {
    if (this.#seen.has(hash)) {
      this.files += 1;
      this.bytes += bytes;
    } else if (hash !== '') {
      this.#seen.add(hash);
    }
  }
}

/** The packages found in a folder, and a row for each whose survey has ended. */
export class Findings {
  readonly folder: string;
  readonly rows: Row[] = [];
  readonly copies = new Copies();
  /** How many packages there are. */
  found = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The packages that were read to the end, the biggest first. */
  get surveyed(): Surveyed[] {
    return this.rows.filter((row) => row.outcome === 'surveyed').sort((a, b) => b.bytes - a.bytes);
  }

  get failed(): Failed[] {
    return this.rows.filter((row) => row.outcome === 'failed');
  }

  get cutOff(): CutOff[] {
    return this.rows.filter((row) => row.outcome === 'cut off');
  }

  /** How many packages were not even begun. */
  get notReached(): number {
    return this.found - this.rows.length;
  }

  /** What all measured files amount to, those of packages that were cut off, too. */
  get total(): Tally {
    const total = { files: 0, bytes: 0, lines: 0 };
    for (const { files, bytes, lines } of [...this.surveyed, ...this.cutOff]) {
      total.files += files;
      total.bytes += bytes;
      total.lines += lines;
    }
    return total;
  }

  /** How many packages have which licence, the most frequent first. */
  get licences(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { licence } of this.surveyed) {
      counts.set(licence, (counts.get(licence) ?? 0) + 1);
    }
    return new Map([...counts].sort(([, a], [, b]) => b - a));
  }
}
