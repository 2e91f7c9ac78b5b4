// The children of the scopes that are shown: what waits, runs and cleans up, and what has ended.
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';

import { Activity, type Entry } from './activity.ts';

@Component({
  selector: 'app-children',
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './children.css',
  template: `
    <h2>In the app</h2>
    @for (entry of activity.now(); track entry.key) {
      @if ($first) {
        <h3>Now</h3>
      }
      <div class="row" [attr.data-state]="wordFor(entry)">
        <span class="chip">{{ wordFor(entry) }}</span>
        <span class="name">{{ entry.name }}</span>
        <small>{{ entry.scope }}</small>
      </div>
    } @empty {
      <p class="nothing">Nothing runs.</p>
    }
    @for (entry of activity.before(); track entry.key) {
      @if ($first) {
        <h3>Before</h3>
      }
      <div class="row" [attr.data-state]="wordFor(entry)">
        <span class="chip">{{ wordFor(entry) }}</span>
        <span class="name">{{ entry.name }}</span>
        <small>{{ entry.scope }}{{ entry.ms === undefined ? '' : ' · ' + entry.ms + ' ms' }}</small>
      </div>
    }
  `,
})
export class Children {
  readonly activity = inject(Activity);

  wordFor({ state, cleanup }: Entry): string {
    if (cleanup === 'running') {
      return 'cleaning up';
    }
    return state === 'cancelled' && cleanup === 'done' ? 'cleaned up' : state;
  }
}
