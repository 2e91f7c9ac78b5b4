import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type ts from 'typescript';

import { by, compiled, programOptions } from './compiled.mjs';

const root = new URL('../../', import.meta.url);
const programs = new URL('reports/programs/', root);
/** Where programs that are compiled find the library. */
export const library = new URL('node_modules/async-tamer/', programs);
/** The RxJS that compiled programs import, and so does the compiled library. */
export const rxjs = new URL('node_modules/rxjs/', programs);

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
 * Once a run: several specs need it. Its folder is a package of its own, which no import takes for this one. Another process
 * may do the same meanwhile, and run programs that import from there: so a file that is as it should be stays as it is.
 */
function compileLibrary(): void {
  if (libraryCompiled) {
    return;
  }
  libraryCompiled = true;
  mkdirSync(library, { recursive: true });
  write(new URL('package.json', programs), JSON.stringify({ type: 'module' }));
  joinRxjs();
  const manifest = readFileSync(new URL('package.json', root), 'utf8');
  // Of ES modules alone, which every Node here can require.
  const own = manifest.replaceAll(/"\.\/dist\/(?:node\/)?([^"]*?\.)c?js"/g, '"./$1js"');
  write(new URL('package.json', library), own);
  const src = new URL('src/', root);
  const files = readdirSync(src, { encoding: 'utf8', recursive: true }).filter((name) =>
    name.endsWith('.ts'),
  );
  for (const file of files) {
    const path = fileURLToPath(new URL(file, src));
    compileInto(library, file, path, readFileSync(path, 'utf8'));
  }
  // What is left of sources that are gone.
  for (const file of readdirSync(library, { encoding: 'utf8', recursive: true })) {
    if (file.endsWith('.js') && !files.includes(file.replace(/\.js$/, '.ts'))) {
      rmSync(new URL(file.replaceAll('\\', '/'), library), { force: true });
    }
  }
}

/**
 * RxJS as the one file that it publishes, too: its two hundred modules take as long to load as Node takes to start. Whoever imports
 * the compiled library into its own process has two copies of RxJS, unless it imports this one: see {@link rxjs}.
 */
function joinRxjs(): void {
  const require = createRequire(import.meta.url);
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
  typescript ??= createRequire(import.meta.url)('typescript') as typeof ts;
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
