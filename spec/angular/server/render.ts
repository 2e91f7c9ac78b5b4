// Renders as a server does, and prints what came of it, as JSON. With zone.js, where the first argument says so.
import { argv } from 'node:process';

const zone: string = 'zone.js/node'; // has no types
if (argv[2] === 'zone.js') {
  await import(zone);
}
await import('@angular/compiler');
await import('./scenarios.ts');
