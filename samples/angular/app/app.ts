// The frame around the pages. Watch for: it does not know what the pages do. Angular destroys a page that the user leaves, and
// that alone cancels the work of the page.
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

  /** Readers who use the keyboard, or hear the page, go on in the new page. */
  entered(main: HTMLElement): void {
    if (!this.#first) {
      main.focus({ preventScroll: true });
    }
    this.#first = false;
  }
}
