// The server's view of each request. Watch for: an Observable that wraps a browser's event source is a child like any other.
import { Injectable, signal } from '@angular/core';
import { Observable } from 'rxjs';
import { tamed } from 'async-tamer';
import { injectAsyncScope } from 'async-tamer/angular';

import type { Seen } from '../../wire.ts';

/** How many requests are kept. */
const memory = 25;

@Injectable({ providedIn: 'root' })
export class Witness {
  readonly #scope = injectAsyncScope({ name: 'witness' });
  /** The latest requests, the last one first. */
  readonly requests = signal<readonly Seen[]>([]);

  readonly #listen = tamed(function listen() {
    return new Observable<Seen>((subscriber) => {
      const source = new EventSource('/api/log');
      source.onmessage = ({ data }: MessageEvent<string>) => subscriber.next(JSON.parse(data) as Seen);
      return () => source.close();
    });
  });

  constructor() {
    this.#scope.start(this.#listen()).subscribe((seen) => this.#note(seen));
  }

  #note(seen: Seen): void {
    this.requests.update((requests) =>
      requests.some(({ id }) => id === seen.id)
        ? requests.map((request) => (request.id === seen.id ? seen : request))
        : [seen, ...requests].slice(0, memory),
    );
  }
}
