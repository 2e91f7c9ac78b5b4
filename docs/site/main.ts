// Builds the site of the documentation: npm run docs; with "-- --serve" it is shown at http://localhost:4173/, too.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from '@rspress/core';

import { build, root } from './build.ts';
import { configOf } from './config.ts';
import { diagrams } from './diagrams.ts';
import { draw } from './draw.ts';

// They are part of the repository, since guides are read there, too.
mkdirSync(join(root, 'docs/guides/pictures'), { recursive: true });
for (const [name, diagram] of Object.entries(diagrams)) {
  writeFileSync(join(root, `docs/guides/pictures/${name}.svg`), draw(diagram));
}

const PORT = 4173;
const folder = join(root, 'site');
const complaints = await build(folder);
if (complaints.length > 0) {
  process.stderr.write(`${complaints.join('\n')}\n`);
  process.exitCode = 1;
} else if (process.argv.includes('--serve')) {
  await serve({ config: configOf(root, join(root, 'reports/site'), folder), port: PORT });
  process.stdout.write(`Open http://localhost:${PORT}/ in a browser. Ctrl-C ends it.\n`);
} else {
  process.stdout.write('The site is in the folder "site". To see it: npm run docs -- --serve\n');
}
