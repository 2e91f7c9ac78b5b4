// A page to leave while it works. Watch for: press Write, go to another page at once, and see in the panel how the logbook is
// given back after the page has gone. Come back and press Write again: it waits until that is over.
import { DecimalPipe } from '@angular/common';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';

import { SeasonReport } from './season-report.ts';

@Component({
  selector: 'app-report-page',
  imports: [DecimalPipe],
  providers: [SeasonReport],
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './report-page.css',
  template: `
    <h1>Season report</h1>
    <p class="lead">
      The logbook has one reader at a time. Start, and go to another page: the work ends, and the logbook is
      given back all the same.
    </p>
    <p class="actions">
      <button
        type="button"
        [class.main]="!report.running()"
        (click)="report.running() ? report.cancel() : report.start()"
      >
        {{ report.running() ? 'Cancel' : 'Write the report' }}
      </button>
      <span role="status">{{ report.step() }}</span>
    </p>
    @if (report.error(); as error) {
      <p role="alert" class="bad">{{ error.message }}</p>
    }

    @if (report.count(); as count) {
      <progress [max]="count" [value]="report.pages().length" aria-label="Pages read"></progress>
      <table class="card">
        <thead>
          <tr>
            <th scope="col">Month</th>
            <th scope="col">Species</th>
            <th scope="col">Birds</th>
          </tr>
        </thead>
        <tbody>
          @for (page of report.pages(); track page.month) {
            <tr>
              <th scope="row">{{ page.month }}</th>
              <td>{{ page.species }}</td>
              <td>{{ page.birds | number }}</td>
            </tr>
          }
        </tbody>
      </table>
    }
  `,
})
export class ReportPage {
  readonly report = inject(SeasonReport);
}
