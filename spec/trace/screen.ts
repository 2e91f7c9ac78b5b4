import type { TerminalStream } from 'async-tamer/trace';

/** A terminal of so many cells, as far as the live view uses one; it complains of what it does not know. */
export class Screen implements TerminalStream {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  /** Everything that was written, and what was to be seen after each time. */
  readonly written: string[] = [];
  readonly frames: string[][] = [];
  /** What took more than a line, and so went on in the next one. */
  readonly wrapped: string[] = [];
  readonly #lines: string[] = [''];
  #row = 0;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  hasColors(): boolean {
    return false;
  }

  write(text: string): void {
    this.written.push(text);
    // eslint-disable-next-line no-control-regex -- that is how terminals are told what to do
    for (const [piece] of text.matchAll(/\x1b\[[\d;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+|\x1b/g)) {
      this.#obey(piece);
    }
    this.frames.push(this.lines);
  }

  #obey(piece: string): void {
    // eslint-disable-next-line no-control-regex -- this is how they are told
    const [, n, order] = /^\x1b\[([\d;]*)([A-Za-z])$/.exec(piece) ?? [];
    if (order === 'A') {
      this.#row -= Number(n);
      if (this.#row < Math.max(0, this.#lines.length - this.rows)) {
        throw new RangeError('It goes to a line that cannot be reached any more.');
      }
    } else if (order === 'J') {
      this.#lines.splice(this.#row, Infinity, '');
    } else if (piece === '\n') {
      this.#row++;
      this.#lines[this.#row] ??= '';
    } else if (order === undefined && !piece.startsWith('\x1b')) {
      this.#print(piece);
    } else if (order !== 'm') {
      throw new TypeError(`No such order: ${JSON.stringify(piece)}`);
    }
  }

  #print(piece: string): void {
    if (piece === '\r') {
      return; // Only ever at the beginning of a line.
    }
    const line = `${this.#lines[this.#row] ?? ''}${piece}`;
    this.#lines[this.#row] = line;
    if (line.length >= this.columns) {
      this.wrapped.push(line);
    }
  }

  /** What is to be seen, and what has been scrolled away above it. */
  get lines(): string[] {
    return this.#lines.slice(0, -1);
  }
}
