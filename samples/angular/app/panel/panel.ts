// The live panel beside every page; on a phone it stands below the page, behind a button.
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';

import { Activity } from './activity.ts';
import { Children } from './children.ts';
import { ConditionsControl } from './conditions.ts';
import { Requests } from './requests.ts';

@Component({
  selector: 'app-panel',
  imports: [Children, ConditionsControl, Requests],
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './panel.css',
  template: `
    <button
      type="button"
      class="toggle"
      aria-controls="panel"
      [attr.aria-expanded]="open()"
      (click)="open.set(!open())"
    >
      What goes on: {{ summary() }}
    </button>
    <div id="panel" [class.open]="open()">
      <app-conditions />
      <app-children />
      <app-requests />
    </div>
  `,
})
export class Panel {
  readonly #activity = inject(Activity);
  /** Matters on a phone alone. */
  readonly open = signal(false);

  readonly summary = computed(() => {
    const now = this.#activity.now();
    const counts = {
      running: now.filter(({ state }) => state === 'running').length,
      waiting: now.filter(({ state }) => state === 'waiting').length,
      'cleaning up': now.filter(({ cleanup }) => cleanup === 'running').length,
    };
    const parts = Object.entries(counts).filter(([, count]) => count > 0);
    return parts.length === 0 ? 'nothing' : parts.map(([word, count]) => `${count} ${word}`).join(', ');
  });
}
