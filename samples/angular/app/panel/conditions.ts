// Two sliders: how slow the server is, and how often it fails.
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';

import { Weather } from '../server/weather.ts';

@Component({
  selector: 'app-conditions',
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './conditions.css',
  template: `
    @let now = weather.conditions();
    <h2>The server</h2>
    <label for="latency"
      >Takes about <b>{{ now?.latencyMs ?? '–' }} ms</b></label
    >
    <input
      #latency
      id="latency"
      type="range"
      min="0"
      max="5000"
      step="100"
      [value]="now?.latencyMs ?? 0"
      [disabled]="!now"
      (input)="weather.change({ latencyMs: latency.valueAsNumber })"
    />
    <label for="failures"
      >Fails <b>{{ now?.failurePercent ?? '–' }} %</b> of the time</label
    >
    <input
      #failures
      id="failures"
      type="range"
      min="0"
      max="100"
      step="5"
      [value]="now?.failurePercent ?? 0"
      [disabled]="!now"
      (input)="weather.change({ failurePercent: failures.valueAsNumber })"
    />
  `,
})
export class ConditionsControl {
  readonly weather = inject(Weather);
}
