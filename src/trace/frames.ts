import { ending, failures } from './tell.ts';
import { live, type Line } from './live.ts';
import type { Recording } from './recording.ts';
import type { Span } from './span.ts';
import type { TerminalStream, View } from './view.ts';
import { cells, duration, fit, pad, printable } from './words.ts';

/** Frames, each written over the one before. Above them, failures, line by line. */
export class Frames implements View {
  readonly #recording: Recording;
  readonly #stream: TerminalStream;
  readonly #colors: boolean;
  // How many lines the next frame is written over.
  #height = 0;
  #failed: Span[] = [];

  constructor(recording: Recording, stream: TerminalStream, colors: boolean) {
    this.#recording = recording;
    this.#stream = stream;
    this.#colors = colors;
  }

  failed(child: Span): void {
    this.#failed.push(child);
  }

  draw(): void {
    // A terminal that does not know its size tells 0.
    const [columns, rows] = [this.#stream.columns || 80, this.#stream.rows || 24];
    this.#recording.settle();
    const lines = live(this.#recording, this.#recording.until, Math.max(2, rows - 1));
    const width = columns - 1; // A full line may wrap.
    const labels = Math.min(widest(lines), Math.floor(width / 2));
    this.#write([...this.#failures(), ...lines.map((line) => this.#line(line, labels, width))]);
    this.#height = lines.length;
  }

  end(): void {
    this.#write([...this.#failures(), ending(this.#recording)]);
    this.#height = 0;
  }

  clear(): void {
    this.#write(this.#failures());
    this.#height = 0;
  }

  #write(lines: readonly string[]): void {
    const erase = this.#height === 0 ? '' : `\r\x1b[${this.#height}A\x1b[J`;
    const text = erase + lines.map((line) => `${line}\n`).join('');
    if (text !== '') {
      this.#stream.write(text); // Everything is written at once, so that it does not flicker.
    }
  }

  /** No frame goes back to these lines, so they may wrap. */
  #failures(): string[] {
    const lines = failures(this.#failed, this.#recording.until).map((line) => this.#sgr('failed', line));
    this.#failed = [];
    return lines;
  }

  #line({ depth, look, label, ms, note }: Line, labels: number, width: number): string {
    const sign = SIGNS[look];
    // A label has some room, however deep it stands.
    const indent = ' '.repeat(Math.max(0, Math.min(2 * depth, labels - LEAST)));
    const start = `${indent}${sign}${sign === '' ? '' : ' '}`;
    const fitting = fit(start + printable(label), labels);
    const name = ms === undefined ? fitting : pad(fitting, labels);
    const time = ms === undefined ? '' : duration(ms).padStart(9);
    const rest = fit(note === '' ? time : `${time}  ${note}`, width - labels);
    return this.#sgr(look, name) + this.#sgr('quiet', rest);
  }

  #sgr(look: keyof typeof SGR, text: string): string {
    return this.#colors && text !== '' ? `\x1b[${SGR[look]}m${text}\x1b[0m` : text;
  }
}

/** The cells that the indent leaves to a label. */
const LEAST = 12;

/** The signs of marble diagrams, if there is one for it. */
const SIGNS = { scope: '', running: '▸', queued: ':', 'cleaning up': '~', more: '' } as const;

const SGR = { scope: 1, running: 36, queued: 2, 'cleaning up': 33, more: 2, failed: 31, quiet: 2 } as const;

function widest(lines: readonly Line[]): number {
  return Math.max(...lines.map(({ depth, label }) => 2 * depth + cells(label) + 2), 24);
}
