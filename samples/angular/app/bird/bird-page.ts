// One bird. Watch for: to leave before it is there cancels both of its requests, and so does the next `id`.
import { ChangeDetectionStrategy, Component, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { within } from 'async-tamer';
import { tamedResource } from 'async-tamer/angular';

import { injectShownScope } from '../panel/activity.ts';
import { Birds } from '../server/birds.ts';

@Component({
  selector: 'app-bird-page',
  imports: [RouterLink],
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './bird-page.css',
  template: `
    <p><a routerLink="/search">All birds</a></p>
    @if (profile.error(); as error) {
      <h1>No bird</h1>
      <p role="alert" class="bad actions">
        {{ error.message }} <button type="button" (click)="profile.reload()">Try again</button>
      </p>
    } @else if (profile.value(); as now) {
      <h1>{{ now.bird.name }}</h1>
      <p class="lead">
        <i lang="la">{{ now.bird.latin }}</i>
      </p>
      <p class="note">{{ now.bird.note }}</p>
      <dl>
        <dt>Length</dt>
        <dd>{{ now.bird.lengthCm }} cm</dd>
        <dt>Habitat</dt>
        <dd>{{ now.bird.habitat }}</dd>
      </dl>
      <h2 id="seen">Seen in the last twelve weeks</h2>
      <ol class="weeks card" aria-labelledby="seen">
        @for (count of now.sightings; track $index) {
          <li [style.--count]="count">{{ count }}</li>
        }
      </ol>
    } @else {
      <h1>One moment…</h1>
    }
  `,
})
export class BirdPage {
  readonly #birds = inject(Birds);
  readonly #scope = injectShownScope({ name: 'bird', errorMode: 'continue' });

  /** From the route. */
  readonly id = input.required<string>();

  readonly profile = tamedResource({
    params: () => this.id(),
    stream: ({ params: id }) => this.#birds.profile(id).pipe(within(this.#scope)),
  });
}
