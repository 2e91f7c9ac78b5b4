// How the server behaves, and the sliders that change it. Watch for: a slider that is dragged sends many changes. `latest`
// cancels all but the last, and begins that when the one before has cleaned up.
import { Injectable, signal } from '@angular/core';
import { Subject } from 'rxjs';
import { latest, tamed } from 'async-tamer';
import { injectAsyncScope } from 'async-tamer/angular';

import type { Conditions } from '../../wire.ts';
import { backOff } from './back-off.ts';
import { get, put } from './request.ts';

@Injectable({ providedIn: 'root' })
export class Weather {
  // Of a service in the root injector: it lives as long as the app.
  readonly #scope = injectAsyncScope({ name: 'weather', errorMode: 'continue' });
  readonly #changes = new Subject<Conditions>();

  /** Undefined until the server has told. */
  readonly conditions = signal<Conditions | undefined>(undefined);

  readonly #load = tamed(function load() {
    return get<Conditions>('/api/conditions').pipe(backOff());
  });
  readonly #save = tamed(function save(conditions: Conditions) {
    return put('/api/conditions', JSON.stringify(conditions)).pipe(backOff());
  });

  constructor() {
    this.#scope.start(this.#load()).subscribe((conditions) => this.conditions.set(conditions));
    this.#scope.start(this.#changes.pipe(latest(this.#save)));
  }

  change(change: Partial<Conditions>): void {
    const conditions = this.conditions();
    if (conditions !== undefined) {
      const changed = { ...conditions, ...change };
      this.conditions.set(changed);
      this.#changes.next(changed);
    }
  }
}
