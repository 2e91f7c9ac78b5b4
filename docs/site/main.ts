// Builds the site of the documentation: npm run docs
import { join } from 'node:path';

import { build, root } from './build.ts';

const complaints = await build(join(root, 'site'));
if (complaints.length > 0) {
  process.stderr.write(`${complaints.join('\n')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write('Open site/index.html in a browser.\n');
}
