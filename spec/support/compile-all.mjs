// Compiles all that specs need, before the first of them: TypeScript 7 does in three seconds of CPU what TypeScript 6 does in forty,
// file by file, in each process that finds nothing in the cache. What changes later is compiled when it is loaded.
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { checker, compiler } from './checker.mjs';
import { by, keep, programOptions } from './compiled.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'node_modules/.cache');
const mapUrl = /\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;

/** Does nothing where something has been compiled before, nothing can be kept, or TypeScript 7 is not there. */
export function compileAll() {
  if (checker === compiler || existsSync(join(cache, 'compiled'))) {
    return;
  }
  let folder;
  try {
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, 'all-'));
  } catch {
    return; // Each file is compiled when it is loaded.
  }
  try {
    for (const { path, text, code, map } of emit(
      folder,
      ['src', 'spec', 'samples', 'bench', 'docs'],
      false,
    )) {
      keep(by.tsNode, path, text, code + comment({ ...map, file: path, sources: [path] }));
      const name = path.slice(root.length).replaceAll('\\', '/');
      keep(by.webpack, path, text, JSON.stringify({ code, map: { ...map, sources: [name] } }));
    }
    // What specs start as programs, most of it.
    const programs = ['samples', 'spec/fleet', 'spec/threads', 'spec/support'];
    for (const { path, text, code, map } of emit(folder, programs, true)) {
      keep(by.program, path, text, code + comment({ ...map, sources: [basename(path)] }));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the compiler makes of the files in `folders`: the code, and its source map. Imports name `.ts` files, or `.js` files. */
function* emit(folder, folders, rewriteRelativeImportExtensions) {
  const outDir = join(folder, String(rewriteRelativeImportExtensions));
  const project = `${outDir}.json`;
  const compilerOptions = {
    ...programOptions,
    rewriteRelativeImportExtensions,
    rootDir: root,
    outDir,
    noEmit: false,
    moduleResolution: 'Bundler',
    // Each file for itself, as ts-node does.
    noCheck: true,
    noResolve: true,
    noLib: true,
    types: [],
  };
  const include = folders.map((name) => join(root, name));
  writeFileSync(
    project,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include, exclude: [] }),
  );
  spawnSync(process.execPath, [join(checker, 'bin/tsc'), '--project', project], { stdio: 'ignore' });
  for (const name of existsSync(outDir) ? readdirSync(outDir, { encoding: 'utf8', recursive: true }) : []) {
    const path = join(root, name.replace(/\.js$/, '.ts'));
    const output = name.endsWith('.js') ? readFileSync(join(outDir, name), 'utf8') : '';
    const [, base64] = mapUrl.exec(output) ?? [];
    if (base64 !== undefined && existsSync(path)) {
      const map = JSON.parse(Buffer.from(base64, 'base64').toString());
      yield { path, text: readFileSync(path, 'utf8'), code: output.replace(mapUrl, ''), map };
    }
  }
}

function comment(map) {
  const base64 = Buffer.from(JSON.stringify(map)).toString('base64');
  return `//# sourceMappingURL=data:application/json;charset=utf-8;base64,${base64}`;
}
