// Many files, a few at a time. Watch for: `concurrency` is all there is to the queue. A child keeps its place until it has
// cleaned up, so the server never sees more than that at once, whatever is cancelled. And `signal`: it cancels one of them, which is no
// failure, and the others go on.
import { computed, inject, Injectable, signal } from '@angular/core';
import { AsyncScope, CancelledError } from 'async-tamer';

import { Activity, injectShownScope } from '../panel/activity.ts';
import { Recording } from './recording.ts';
import { upload } from './upload.ts';

/** Provided by the page, so it comes and goes with it. */
@Injectable()
export class Batch {
  readonly #activity = inject(Activity);
  readonly #page = injectShownScope({ name: 'upload' });
  readonly #running = signal<AsyncScope | undefined>(undefined);

  readonly recordings = signal<readonly Recording[]>([]);
  /** Until the last file has been sent, or the last cleanup has ended. */
  readonly running = computed(() => this.#running() !== undefined);
  readonly done = computed(() => this.#count('done'));
  readonly failed = computed(() => this.#count('failed'));
  readonly cancelled = computed(() => this.#count('cancelled'));

  add(files: Iterable<File>): void {
    this.recordings.update((known) => [...known, ...Array.from(files, (file) => new Recording(file))]);
  }

  /** Sends those that have not been sent. Call it when nothing is running. */
  send(atOnce: number): void {
    const scope = new AsyncScope({
      name: 'batch',
      parent: this.#page,
      concurrency: atOnce,
      errorMode: 'continue', // One that fails for good does not end the others.
    });
    this.#activity.show(scope);
    this.#running.set(scope);
    for (const recording of this.recordings().filter(({ state }) => state() !== 'done')) {
      recording.reset();
      scope.start(upload(recording), { signal: recording.unwanted }).then(
        () => recording.state.set('done'),
        (error: unknown) => recording.state.set(error instanceof CancelledError ? 'cancelled' : 'failed'),
      );
    }
    void scope.close().finally(() => this.#running.set(undefined));
  }

  cancel(): void {
    this.#running()?.cancel();
  }

  #count(wanted: ReturnType<Recording['state']>): number {
    return this.recordings().filter(({ state }) => state() === wanted).length;
  }
}
