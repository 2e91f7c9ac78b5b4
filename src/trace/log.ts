import { ending, failures, standing } from './tell.ts';
import type { Recording } from './recording.ts';
import type { Span } from './span.ts';
import type { TerminalStream, View } from './view.ts';
import { duration } from './words.ts';

/** A view for a file or a pipe: a line now and then, if anything has changed. */
export class Log implements View {
  readonly #recording: Recording;
  readonly #stream: TerminalStream;
  #failed: Span[] = [];
  #last = '';

  constructor(recording: Recording, stream: TerminalStream) {
    this.#recording = recording;
    this.#stream = stream;
  }

  failed(child: Span): void {
    this.#failed.push(child);
  }

  draw(): void {
    const recording = this.#recording;
    recording.settle();
    const lines = this.#failures();
    const how = standing(recording);
    if (how !== this.#last) {
      this.#last = how;
      lines.push(`${duration(recording.until - recording.from)}: ${how}`);
    }
    this.#write(lines);
  }

  end(): void {
    this.#write([...this.#failures(), ending(this.#recording)]);
  }

  clear(): void {
    this.#write(this.#failures());
  }

  #failures(): string[] {
    const lines = failures(this.#failed, this.#recording.until);
    this.#failed = [];
    return lines;
  }

  #write(lines: readonly string[]): void {
    if (lines.length > 0) {
      this.#stream.write(lines.map((line) => `${line}\n`).join(''));
    }
  }
}
