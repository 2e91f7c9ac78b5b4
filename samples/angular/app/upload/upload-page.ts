// A batch of uploads: progress, a limit, retries, and a way out. Watch for: leave the page while it runs.
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';

import { Batch } from './batch.ts';
import { sampleFiles } from './sample-files.ts';

@Component({
  selector: 'app-upload-page',
  providers: [Batch],
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './upload-page.css',
  template: `
    <h1>Upload recordings</h1>
    <p class="lead">
      A few at a time; the rest wait. A part that fails is sent again. Cancel, or leave the page: what has
      arrived by then is discarded on the server before anything else is said to be over. One of them can be
      cancelled alone.
    </p>

    <div class="card form">
      <label>
        Recordings
        <input #files type="file" multiple [disabled]="batch.running()" (change)="choose(files)" />
      </label>
      <label>
        At once
        <select #most [disabled]="batch.running()" (change)="atOnce.set(+most.value)">
          @for (number of [1, 2, 3, 4]; track number) {
            <option [value]="number" [selected]="number === atOnce()">{{ number }}</option>
          }
        </select>
      </label>
      <p class="actions">
        <button type="button" [disabled]="batch.running()" (click)="batch.add(sampleFiles())">
          Add a dozen samples
        </button>
        <button
          type="button"
          [class.main]="!batch.running()"
          [disabled]="!batch.running() && unsent() === 0"
          (click)="batch.running() ? batch.cancel() : batch.send(atOnce())"
        >
          {{ batch.running() ? 'Cancel' : 'Upload ' + (unsent() || '') }}
        </button>
      </p>
    </div>

    <p role="status" class="status">{{ summary() }}</p>
    <ul class="recordings">
      @for (recording of batch.recordings(); track recording) {
        <li [attr.data-state]="recording.state()">
          <span class="name">{{ recording.file.name }}</span>
          <span class="chip">{{ recording.state() }}</span>
          <progress
            max="100"
            [value]="recording.percent()"
            [attr.aria-label]="recording.file.name"
          ></progress>
          <small>
            {{ recording.percent() }} %
            @if (recording.retries(); as retries) {
              · {{ retries }} {{ retries === 1 ? 'retry' : 'retries' }}
            }
          </small>
          @if (batch.running() && (recording.state() === 'waiting' || recording.state() === 'running')) {
            <button
              type="button"
              [attr.aria-label]="'Stop ' + recording.file.name"
              (click)="recording.cancel()"
            >
              ×
            </button>
          }
        </li>
      }
    </ul>
  `,
})
export class UploadPage {
  readonly batch = inject(Batch);
  readonly sampleFiles = sampleFiles;
  readonly atOnce = signal(3);
  readonly unsent = computed(() => this.batch.recordings().length - this.batch.done());

  readonly summary = computed(() => {
    const { recordings, done, failed, cancelled } = this.batch;
    const parts = [
      `${done()} of ${recordings().length} uploaded`,
      ...(failed() > 0 ? [`${failed()} failed`] : []),
      ...(cancelled() > 0 ? [`${cancelled()} cancelled`] : []),
    ];
    return recordings().length === 0 ? '' : parts.join(', ');
  });

  /** Takes what was chosen, and lets the same be chosen again. */
  choose(input: HTMLInputElement): void {
    this.batch.add(input.files ?? []);
    input.value = '';
  }
}
