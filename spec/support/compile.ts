import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type ts from 'typescript';

import { by, compiled, programOptions } from './compiled.mjs';
import { write, writeCode, writePackage } from './package-in-one.ts';

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
  joinBullMQ();
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
    ...['rxjs', 'bullmq', 'ioredis', 'webpack'].map((name) => require.resolve(`${name}/package.json`)),
    ...['package-in-one.ts', 'join-library.mjs', 'join-packages.mjs'].map((name) =>
      fileURLToPath(new URL(name, import.meta.url)),
    ),
  ]) {
    hash.update(`${file}\0${readFileSync(file, 'utf8')}\0`);
  }
  return hash.digest('hex');
}

function joinLibrary(): void {
  const folder = mkdtempSync(fileURLToPath(new URL('joined-', programs)));
  try {
    const program = fileURLToPath(new URL('join-library.mjs', import.meta.url));
    runProgram([program, folder]);
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
  // Without its source map, which Node would read for each stack.
  const code = readFileSync(umd, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  writeCode(rxjs, code);
  const members = ['operators', 'testing', 'ajax', 'fetch', 'webSocket'];
  writePackage(rxjs, 'rxjs', {
    index: "require('./all.cjs')",
    ...Object.fromEntries(members.map((name) => [name, `require('./all.cjs').${name}`])),
  });
}

/** BullMQ and ioredis in one file, too: their two hundred modules take twice as long to load as Node takes to start. */
function joinBullMQ(): void {
  const names = ['bullmq', 'ioredis'];
  const program = fileURLToPath(new URL('join-packages.mjs', import.meta.url));
  const versions = ['webpack', ...names].map(
    (name) => (require(`${name}/package.json`) as { version: string }).version,
  );
  const state = `${readFileSync(program, 'utf8')} ${versions.join()}`;
  const code = compiled(by.package, program, state, () => {
    const folder = mkdtempSync(fileURLToPath(new URL('joined-', programs)));
    try {
      runProgram([program, join(folder, 'all.cjs'), ...names]);
      return readFileSync(join(folder, 'all.cjs'), 'utf8');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  const modules = new URL('node_modules/', programs);
  writeCode(new URL('bullmq/', modules), code);
  for (const name of names) {
    writePackage(new URL(`${name}/`, modules), name, { index: `require('../bullmq/all.cjs').${name}` });
  }
}

function runProgram(args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`What programs import cannot be joined: ${stderr}`);
  }
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
