// The pages, each loaded when it is first visited.
import type { Routes } from '@angular/router';

export const routes: Routes = [
  { path: '', pathMatch: 'full', redirectTo: 'search' },
  {
    path: 'search',
    title: 'Search · Bird observatory',
    loadComponent: async () => (await import('./search/search-page.ts')).SearchPage,
  },
  {
    path: 'birds/:id',
    title: 'Bird · Bird observatory',
    loadComponent: async () => (await import('./bird/bird-page.ts')).BirdPage,
  },
  {
    path: 'stations',
    title: 'Stations · Bird observatory',
    loadComponent: async () => (await import('./stations/stations-page.ts')).StationsPage,
  },
  {
    path: 'upload',
    title: 'Upload · Bird observatory',
    loadComponent: async () => (await import('./upload/upload-page.ts')).UploadPage,
  },
  {
    path: 'report',
    title: 'Report · Bird observatory',
    loadComponent: async () => (await import('./report/report-page.ts')).ReportPage,
  },
  { path: '**', redirectTo: 'search' },
];
