// The frame around the pages. Watch for: it knows nothing of what the pages do. To leave one destroys it, and that is all it
// takes to cancel its work.
import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';

import { Panel } from './panel/panel.ts';

@Component({
  selector: 'app-root',
  imports: [Panel, RouterLink, RouterLinkActive, RouterOutlet],
  changeDetection: ChangeDetectionStrategy.OnPush,
  styleUrl: './app.css',
  template: `
    <header>
      <p class="brand">Bird observatory</p>
      <nav aria-label="Pages">
        @for (page of pages; track page.path) {
          <a [routerLink]="page.path" routerLinkActive="here" ariaCurrentWhenActive="page">{{ page.name }}</a>
        }
      </nav>
    </header>
    <main #main tabindex="-1">
      <router-outlet (activate)="entered(main)" />
    </main>
    <aside aria-label="What goes on">
      <app-panel />
    </aside>
  `,
})
export class App {
  readonly pages = [
    { path: '/search', name: 'Search' },
    { path: '/stations', name: 'Stations' },
    { path: '/upload', name: 'Upload' },
    { path: '/report', name: 'Report' },
  ];
  #first = true;

  /** Those who use the keyboard, or hear the page, go on in the page that has come. */
  entered(main: HTMLElement): void {
    if (!this.#first) {
      main.focus({ preventScroll: true });
    }
    this.#first = false;
  }
}
