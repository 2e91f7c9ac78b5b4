// What the server knows of birds. Watch for: a service of calls needs no scope and no subscription. Its calls are cold, and
// live as long as the code that runs them.
import { Injectable } from '@angular/core';
import { tamed } from 'async-tamer';

import type { Bird, Found, Sightings } from '../../wire.ts';
import { backOff } from './back-off.ts';
import { get } from './request.ts';

@Injectable({ providedIn: 'root' })
export class Birds {
  readonly find = tamed(function find(text: string) {
    return get<Found>(`/api/birds?q=${encodeURIComponent(text)}`);
  });

  /** Two requests at once. If one fails for good, the other is aborted. */
  readonly profile = tamed(function* profile(id: string) {
    const [bird, sightings] = yield* tamed.all([
      get<Bird>(`/api/birds/${id}`).pipe(backOff()),
      get<Sightings>(`/api/birds/${id}/sightings`).pipe(backOff()),
    ]);
    return { bird, sightings };
  });
}
