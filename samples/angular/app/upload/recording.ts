// A file that will be uploaded, and the progress of that.
import { computed, signal } from '@angular/core';

export class Recording {
  readonly file: File;
  readonly state = signal<'waiting' | 'running' | 'done' | 'failed' | 'cancelled'>('waiting');
  /** In bytes. */
  readonly sent = signal(0);
  readonly retries = signal(0);
  /** Aborts when this one is no longer wanted. */
  #unwanted = new AbortController();
  readonly percent = computed(() => Math.round((100 * this.sent()) / Math.max(1, this.file.size)));

  constructor(file: File) {
    this.file = file;
  }

  /** Cancels the upload of this one alone. */
  readonly cancel = (): void => this.#unwanted.abort();

  get unwanted(): AbortSignal {
    return this.#unwanted.signal;
  }

  /** As if nothing had been sent yet. */
  reset(): void {
    this.state.set('waiting');
    this.sent.set(0);
    this.retries.set(0);
    this.#unwanted = new AbortController();
  }
}
