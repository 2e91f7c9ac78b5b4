// Four stations, each polled by itself. Watch for: leave the page, and the server is asked no more.
import { DecimalPipe } from '@angular/common';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';

import { Watch } from './watch.ts';

@Component({
  selector: 'app-stations-page',
  imports: [DecimalPipe],
  providers: [Watch],
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './stations-page.css',
  template: `
    <h1>Stations</h1>
    <p class="lead">
      Each station is read every few seconds. The line to the lighthouse is bad: it is asked again, later each
      time, and does not keep the others waiting.
    </p>
    <p class="actions">
      <!-- One button, so that the focus stays on it. -->
      <button type="button" [class.main]="!watch.polling()" (click)="watch.toggle()">
        {{ watch.polling() ? 'Pause' : 'Go on' }}
      </button>
    </p>
    @if (watch.error(); as error) {
      <p role="alert" class="bad">{{ error.message }}</p>
    }

    <ul class="stations">
      @for (watched of watch.stations(); track watched.station.id) {
        <li class="card" [class.troubled]="watched.setback()">
          <h2>{{ watched.station.name }}</h2>
          @if (watched.latest(); as latest) {
            <p class="celsius">{{ latest.celsius | number: '1.1-1' }} °C</p>
            <p>Wind {{ latest.wind | number: '1.1-1' }} m/s, {{ latest.birds }} birds</p>
          } @else {
            <p class="celsius">…</p>
            <p>No reading yet</p>
          }
          <svg viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
            <polyline [attr.points]="watched.points()" />
          </svg>
          <p class="line">
            @if (watched.setback(); as setback) {
              {{ setback.error.message }} Try {{ setback.times + 1 }} after
              {{ setback.ms / 1000 | number }} s.
            } @else {
              Reading {{ watched.count() }}
            }
          </p>
        </li>
      }
    </ul>
  `,
})
export class StationsPage {
  readonly watch = inject(Watch);

  constructor() {
    this.watch.toggle();
  }
}
