import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type ts from 'typescript';

import { by, compiled, programOptions } from './compiled.mjs';

const root = new URL('../../', import.meta.url);
const programs = new URL('reports/programs/', root);
/** What programs that are compiled import as the library: the folder of `index.js`, of `fleet/index.js`, and so on. */
export const library = new URL('node_modules/async-tamer/dist/node/', programs);
/** The RxJS that compiled programs import, and so does the compiled library. */
export const rxjs = new URL('node_modules/rxjs/', programs);

const require = createRequire(import.meta.url);
const manifest = fileURLToPath(new URL('package.json', root));

let typescript: typeof ts | undefined;

/**
 * Compiles programs, given by the path of each `.ts` file, into a folder where plain `node` runs them: that starts in a
 * tenth of the time that ts-node takes, and `import … from 'async-tamer'` finds the library as it does for its readers. Nothing
 * else is left in that folder. Another process may compile the same into it meanwhile, and run that.
 */
export function compile(folder: string, sources: ReadonlyMap<string, string>): Map<string, URL> {
  compileLibrary();
  const target = new URL(`${folder}/`, programs);
  mkdirSync(target, { recursive: true });
  const names = new Set([...sources.keys()].map(compiledName));
  for (const name of readdirSync(target).filter((each) => !names.has(each.replace(OF_PROCESS, '')))) {
    rmSync(new URL(encodeURIComponent(name), target), { recursive: true, force: true });
  }
  return new Map(
    [...sources].map(([path, source]) => [path, compileInto(target, basename(path), path, source)]),
  );
}

function compiledName(path: string): string {
  return basename(path).replace(/\.ts$/, '.js');
}

/** How a file ends that a process is writing. */
const OF_PROCESS = /\.\d+$/;

let libraryCompiled = false;

/**
 * Makes the library anew if anything has changed of which it is made. Its folder is a package of its own, as the build makes it:
 * a few files, since to load two hundred takes longer than what most programs do. Another process may do the same meanwhile, and
 * run programs that import from there: so a file that is as it should be stays as it is.
 */
export function compileLibrary(): void {
  if (libraryCompiled) {
    return;
  }
  libraryCompiled = true;
  const made = new URL('made-of.txt', programs);
  const state = stateOfLibrary();
  if (existsSync(made) && readFileSync(made, 'utf8') === state) {
    return;
  }
  mkdirSync(programs, { recursive: true });
  write(new URL('package.json', programs), JSON.stringify({ type: 'module' }));
  joinRxjs();
  joinLibrary();
  write(made, state);
}

/** Changes with all that the library in its folder, and the RxJS beside it, are made of. */
function stateOfLibrary(): string {
  const src = fileURLToPath(new URL('src/', root));
  const sources = readdirSync(src, { encoding: 'utf8', recursive: true })
    .filter((name) => /\.[jt]s$/.test(name))
    .sort()
    .map((name) => join(src, name));
  const hash = createHash('sha256').update(by.webpack);
  for (const file of [
    ...sources,
    fileURLToPath(import.meta.url),
    manifest,
    require.resolve('rxjs/package.json'),
  ]) {
    hash.update(`${file}\0${readFileSync(file, 'utf8')}\0`);
  }
  return hash.digest('hex');
}

function joinLibrary(): void {
  const folder = mkdtempSync(fileURLToPath(new URL('joined-', programs)));
  try {
    const program = fileURLToPath(new URL('join-library.mjs', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [program, folder], { encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(`The library cannot be joined: ${stderr}`);
    }
    mkdirSync(library, { recursive: true });
    write(new URL('../../package.json', library), readFileSync(manifest, 'utf8'));
    const files = filesIn(folder);
    for (const file of files) {
      const url = new URL(file, library);
      mkdirSync(new URL('.', url), { recursive: true });
      write(url, readFileSync(join(folder, file), 'utf8'));
    }
    // What is left of sources that are gone.
    const gone = filesIn(fileURLToPath(library)).filter(
      (file) => !files.includes(file.replace(OF_PROCESS, '')),
    );
    gone.forEach((file) => rmSync(new URL(file, library), { force: true }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.c?js(?:\.\d+)?$/.test(name));
}

/**
 * RxJS as the one file that it publishes, too: its two hundred modules take as long to load as Node takes to start. Whoever imports
 * the compiled library into its own process has two copies of RxJS, unless it imports this one: see {@link rxjs}.
 */
function joinRxjs(): void {
  const umd = join(dirname(require.resolve('rxjs/package.json')), 'dist/bundles/rxjs.umd.js');
  mkdirSync(rxjs, { recursive: true });
  // Without its source map, which Node would read for each stack.
  write(new URL('rxjs.cjs', rxjs), readFileSync(umd, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, ''));
  const entries = ['index', 'operators', 'testing', 'ajax', 'fetch', 'webSocket'];
  for (const entry of entries) {
    const [name, member] = entry === 'index' ? ['rxjs', ''] : [`rxjs/${entry}`, `.${entry}`];
    const exported = Object.keys(require(name) as object).join(', ');
    write(new URL(`${entry}.cjs`, rxjs), `module.exports = require('./rxjs.cjs')${member};\n`);
    // By require(): else Node would look for names in all of it.
    write(
      new URL(`${entry}.js`, rxjs),
      `import { createRequire } from 'node:module';\n` +
        `export const { ${exported} } = createRequire(import.meta.url)('./${entry}.cjs');\n`,
    );
  }
  const exports = Object.fromEntries(
    entries.map((entry) => [
      entry === 'index' ? '.' : `./${entry}`,
      { import: `./${entry}.js`, default: `./${entry}.cjs` },
    ]),
  );
  write(new URL('package.json', rxjs), JSON.stringify({ name: 'rxjs', type: 'module', exports }));
}

function compileInto(target: URL, name: string, path: string, source: string): URL {
  const text = compiled(by.program, path, source, () => transpiled(path, source));
  const url = new URL(name.replaceAll('\\', '/').replace(/\.ts$/, '.js'), target);
  mkdirSync(new URL('.', url), { recursive: true });
  write(url, text);
  return url;
}

function transpiled(path: string, source: string): string {
  typescript ??= require('typescript') as typeof ts;
  const { options: compilerOptions } = typescript.convertCompilerOptionsFromJson(programOptions, '');
  return typescript.transpileModule(source, { compilerOptions, fileName: path }).outputText;
}

function write(url: URL, text: string): void {
  if (existsSync(url) && readFileSync(url, 'utf8') === text) {
    return;
  }
  const own = new URL(`${url.href}.${process.pid}`);
  writeFileSync(own, text);
  renameSync(own, url); // At once: nobody imports a half of it.
}
