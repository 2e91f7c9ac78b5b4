// The uploaded recordings, part by part. Watch for: an upload that ends early must be discarded, or its half stays here.
import { Refusal } from './refusal.ts';

interface Recording {
  readonly name: string;
  readonly size: number;
  bytes: number;
  finished: boolean;
}

export class Recordings {
  readonly #recordings = new Map<string, Recording>();

  begin(id: string, name: string, size: number): void {
    this.#recordings.set(id, { name, size, bytes: 0, finished: false });
  }

  /** A part may come twice: the browser may not have heard the first answer. */
  append(id: string, offset: number, part: Uint8Array): void {
    const recording = this.#get(id);
    recording.bytes = Math.max(recording.bytes, offset + part.length);
  }

  finish(id: string): void {
    const recording = this.#get(id);
    if (recording.bytes !== recording.size) {
      throw new Refusal(400, `${recording.bytes} of ${recording.size} bytes have arrived.`);
    }
    recording.finished = true;
  }

  discard(id: string): void {
    this.#recordings.delete(id);
  }

  /** The names of those that are complete. */
  get finished(): readonly string[] {
    return [...this.#recordings.values()].filter(({ finished }) => finished).map(({ name }) => name);
  }

  /** The names of those of which only a part is here. */
  get unfinished(): readonly string[] {
    return [...this.#recordings.values()].filter(({ finished }) => !finished).map(({ name }) => name);
  }

  #get(id: string): Recording {
    const recording = this.#recordings.get(id);
    if (recording === undefined) {
      throw new Refusal(404, `There is no recording ${id}.`);
    }
    return recording;
  }
}
