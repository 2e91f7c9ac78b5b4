// A job of several steps. Watch for: a failure, the Cancel button or another page may end it early. The logbook is given back all
// the same, and the job is not over before that.
import { computed, inject, Injectable, signal } from '@angular/core';
import { AsyncScope, tamed } from 'async-tamer';

import type { Page } from '../../wire.ts';
import { Activity, injectShownScope } from '../panel/activity.ts';
import { backOff } from '../server/back-off.ts';
import { get, post, remove, shortId } from '../server/request.ts';

/** Provided by the page, so it comes and goes with it. */
@Injectable()
export class SeasonReport {
  readonly #activity = inject(Activity);
  readonly #page = injectShownScope({ name: 'report' });
  readonly #running = signal<AsyncScope | undefined>(undefined);

  readonly running = computed(() => this.#running() !== undefined);
  readonly step = signal('');
  readonly count = signal(0);
  /** Those that have been read, in the order of the book. */
  readonly pages = signal<readonly Page[]>([]);
  readonly error = signal<Error | undefined>(undefined);

  start(): void {
    const scope = new AsyncScope({ name: 'writing', parent: this.#page });
    this.#activity.show(scope);
    this.#running.set(scope);
    this.error.set(undefined);
    scope.start(this.#write()).subscribe({ error: (error: Error) => this.error.set(error) });
    void scope.close().finally(() => this.#running.set(undefined));
  }

  cancel(): void {
    this.#running()?.cancel();
  }

  readonly #write = tamed(function* write(this: SeasonReport) {
    const reader = `/api/logbook/readers/${shortId()}`;
    this.pages.set([]);
    this.count.set(0);
    try {
      this.step.set('Waiting for the logbook…');
      const { pages } = yield* tamed.from(post<{ pages: number }>(reader).pipe(backOff({ count: 8 })));
      this.count.set(pages);
      this.step.set('Reading…');
      yield* this.#readAll(pages);
    } finally {
      this.step.set('Giving the logbook back…');
      yield* remove(reader);
      this.step.set('');
    }
  });

  /** Two pages at a time. What is made inside a call, such as this scope, ends with it. */
  readonly #readAll = tamed(function readAll(this: SeasonReport, count: number) {
    const { pages } = this;
    const activity = this.#activity;
    return AsyncScope.run(
      function* (scope) {
        activity.show(scope);
        const results = Array.from({ length: count }, (_, index) => scope.start(read(index)));
        for (const result of results) {
          const page = yield* result;
          pages.update((known) => [...known, page]);
        }
      },
      { name: 'pages', concurrency: 2 },
    );
  });
}

const read = tamed(function read(index: number) {
  return get<Page>(`/api/logbook/pages/${index}`).pipe(backOff());
});
