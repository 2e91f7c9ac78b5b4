// A search box. Watch for: nothing here cancels anything. When `text` changes, the resource cancels the call before, and its
// request is aborted. Type quickly, with a slow server, and look at the panel.
import { ChangeDetectionStrategy, Component, inject, linkedSignal, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { sleep, tamed, within } from 'async-tamer';
import { tamedResource } from 'async-tamer/angular';

import type { Found } from '../../wire.ts';
import { injectShownScope } from '../panel/activity.ts';
import { Birds } from '../server/birds.ts';

@Component({
  selector: 'app-search-page',
  imports: [RouterLink],
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './search-page.css',
  template: `
    <h1>Find a bird</h1>
    <p class="lead">
      Each key you press cancels the search before it. Its request ends there and then, which the server sees
      as aborted.
    </p>

    <label for="text">Name, Latin name or habitat</label>
    <input
      #box
      id="text"
      type="search"
      autocomplete="off"
      placeholder="warbler, turdus, reedbed…"
      [value]="text()"
      (input)="text.set(box.value)"
    />

    <p role="status" class="status">
      @if (hits.isLoading()) {
        Searching…
      } @else if (found(); as found) {
        {{ found.total || 'No' }} {{ found.total === 1 ? 'bird' : 'birds' }}
      }
    </p>
    @if (hits.error(); as error) {
      <p role="alert" class="bad actions">
        {{ error.message }} <button type="button" (click)="hits.reload()">Try again</button>
      </p>
    }

    <ul class="birds" [attr.aria-busy]="hits.isLoading()">
      @for (bird of found()?.birds; track bird.id) {
        <li>
          <a [routerLink]="['/birds', bird.id]">{{ bird.name }}</a>
          <i lang="la">{{ bird.latin }}</i>
          <span>{{ bird.habitat }}</span>
        </li>
      }
    </ul>
  `,
})
export class SearchPage {
  readonly #birds = inject(Birds);
  // Shown in the panel. A search that fails must not end the next one: "continue".
  readonly #scope = injectShownScope({ name: 'search', errorMode: 'continue' });

  readonly text = signal('');

  readonly hits = tamedResource({
    params: () => this.text().trim() || undefined, // undefined: nothing to search for
    stream: ({ params: text }) => this.#search(text).pipe(within(this.#scope)),
  });

  readonly #search = tamed(function* search(this: SearchPage, text: string) {
    yield* sleep(150); // The next letter within this time cancels the call here, before there is a request.
    return yield* this.#birds.find(text);
  });

  /** What was found last, until something else is: a list that vanished at every key would flicker. */
  readonly found = linkedSignal<Found | undefined, Found | undefined>({
    source: () => (this.hits.hasValue() ? this.hits.value() : undefined),
    computation: (found, before) => found ?? (this.hits.isLoading() ? before?.value : undefined),
  });
}
