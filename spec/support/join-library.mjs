// Joins the library, as it stands in the sources, into the few files that Node loads, as the build does:
// node join-library.mjs FOLDER
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

import { joined } from '../../src/rollup.config.js';
import { moduleOf } from './browser/typescript-loader.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = {
  folder: fileURLToPath(new URL('../../src/', import.meta.url)),
  extension: '.ts',
  load: (id) => moduleOf(id, readFileSync(id, 'utf8'), root),
};

for (const { output, ...input } of await joined(sources)) {
  const bundle = await rollup(input);
  await bundle.write({ ...output, dir: process.argv[2], sourcemap: false });
  await bundle.close();
}
