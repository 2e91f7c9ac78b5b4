// Readings that come again and again. Watch for: RxJS polls and retries, and nothing here says how that ends. The scope does:
// `toggle` closes one that is nested in the page's, and leaving the page cancels both.
import { computed, inject, Injectable, signal } from '@angular/core';
import { repeat } from 'rxjs';
import { AsyncScope, tamed } from 'async-tamer';

import type { Reading, Station } from '../../wire.ts';
import { Activity, injectShownScope } from '../panel/activity.ts';
import { backOff } from '../server/back-off.ts';
import { get } from '../server/request.ts';
import { Watched } from './watched.ts';

/** How long to wait after a reading, in ms. */
const rest = 1500;

/** Provided by the page, so it comes and goes with it. */
@Injectable()
export class Watch {
  readonly #activity = inject(Activity);
  // A station that fails for good must not end the others: "continue".
  readonly #page = injectShownScope({ name: 'stations', errorMode: 'continue' });
  readonly #polling = signal<AsyncScope | undefined>(undefined);

  readonly stations = signal<readonly Watched[]>([]);
  readonly error = signal<Error | undefined>(undefined);
  readonly polling = computed(() => this.#polling() !== undefined);

  /** Begins to poll, or ends that. */
  toggle(): void {
    if (this.#polling() === undefined) {
      this.#start();
    } else {
      void this.#polling()?.close();
      this.#polling.set(undefined);
    }
  }

  #start(): void {
    const scope = new AsyncScope({
      name: 'polling',
      parent: this.#page,
      errorMode: 'continue',
      exitMode: 'cancel', // What polls never ends by itself.
    });
    this.#activity.show(scope);
    this.#polling.set(scope);
    this.error.set(undefined);
    scope.start(this.#watchAll(scope)).subscribe({ error: (error: Error) => this.error.set(error) });
  }

  readonly #watchAll = tamed(function* watchAll(this: Watch, scope: AsyncScope) {
    if (this.stations().length === 0) {
      const stations = yield* tamed.from(get<Station[]>('/api/stations').pipe(backOff()));
      this.stations.set(stations.map((station) => new Watched(station)));
    }
    for (const watched of this.stations()) {
      scope.start(this.#poll(watched)).subscribe((reading) => watched.note(reading));
    }
  });

  readonly #poll = tamed(function poll({ station, setback }: Watched) {
    return get<Reading>(`/api/stations/${station.id}`).pipe(
      backOff({ count: Infinity, tell: (latest) => setback.set(latest) }),
      repeat({ delay: rest }),
    );
  });
}
