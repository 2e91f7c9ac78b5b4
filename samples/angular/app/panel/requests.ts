// The requests as the server saw them. An aborted one is proof: its connection was closed before the answer.
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';

import type { Seen } from '../../wire.ts';
import { Witness } from '../server/witness.ts';

@Component({
  selector: 'app-requests',
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './children.css',
  template: `
    <h2>Seen by the server</h2>
    @for (request of witness.requests(); track request.id) {
      <div class="row" [attr.data-state]="wordFor(request)">
        <span class="chip">{{ wordFor(request) }}</span>
        <span class="name">{{ request.method }} {{ shortened(request.path) }}</span>
      </div>
    } @empty {
      <p class="nothing">No request yet.</p>
    }
  `,
})
export class Requests {
  readonly witness = inject(Witness);

  wordFor({ state, status }: Seen): string {
    return state === 'finished' ? String(status) : state;
  }

  shortened(path: string): string {
    return decodeURIComponent(path.replace('/api/', ''));
  }
}
