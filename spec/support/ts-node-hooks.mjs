// Loader hooks. ts-node/esm, the loader that ts-node brings, resolves imports by a copy of an old Node's resolver,
// which Node 22 warns about. Imports here name their .ts file, so Node's own resolver does.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { by, compiled } from './compiled.mjs';

const root = new URL('../../', import.meta.url);
const ownName = /^async-tamer(?:\/([\w-]+))?$/;
let tsNode;

/** Samples and specs import 'async-tamer' as their readers would, and get the sources. */
export function resolve(specifier, context, nextResolve) {
  const entry = ownName.exec(specifier);
  if (!entry) {
    return nextResolve(specifier, context);
  }
  return nextResolve(
    new URL(`src/${entry[1] === undefined ? '' : `${entry[1]}/`}index.ts`, root).href,
    context,
  );
}

export function load(url, context, nextLoad) {
  if (!url.endsWith('.ts') || url.includes('/node_modules/')) {
    return nextLoad(url, context);
  }
  const path = fileURLToPath(url);
  const text = readFileSync(path, 'utf8');
  const source = compiled(by.tsNode, path, text, () => {
    tsNode ??= createRequire(import.meta.url)('ts-node').create({ cwd: fileURLToPath(root) });
    return tsNode.compile(text, path);
  });
  return { format: 'module', source, shortCircuit: true };
}
