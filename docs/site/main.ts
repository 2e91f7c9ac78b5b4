// Builds the site of the documentation: npm run docs
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { build, root } from './build.ts';
import { diagrams } from './diagrams.ts';
import { draw } from './draw.ts';

// They are part of the repository, since guides are read there, too.
mkdirSync(join(root, 'docs/guides/pictures'), { recursive: true });
for (const [name, diagram] of Object.entries(diagrams)) {
  writeFileSync(join(root, `docs/guides/pictures/${name}.svg`), draw(diagram));
}

const complaints = await build(join(root, 'site'));
if (complaints.length > 0) {
  process.stderr.write(`${complaints.join('\n')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write('Open site/index.html in a browser.\n');
}
