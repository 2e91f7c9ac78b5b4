// Builds what Node loads, in dist/node. There is one implementation, in CommonJS, which Jest and every require() can load. Each
// entry point also has an ES module that re-exports it by name, so that a whole program has one copy of the library. Node loads
// a few files and not some hundred modules, which would take long. Bundlers take the modules that tsc has put into dist, and
// leave out what a program does not use.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
/** What has come from tsc. */
const compiled = {
  folder: dist,
  extension: '.js',
  // With the maps of tsc, so that Rollup's maps lead to the TypeScript.
  load: (id) => ({ code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }),
};
const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The files that Node loads, as package.json names them. */
const entries = [
  ...new Set(
    Array.from(JSON.stringify(exports).matchAll(/\.\/dist\/node\/([\w./]+)\.c?js/g), ([, name]) => name),
  ),
];
/** This one has a top-level await, which only ES modules can have. */
const waiting = ['register/import'];
const inCommonJs = entries.filter((name) => !waiting.includes(name));
const reExported = entries.filter((name) => !name.startsWith('register/'));
/** The programs of threads and of workers, which are found by their paths. */
const remoteIn = ({ folder, extension }) =>
  ['remote', 'threads', 'fleet'].flatMap((room) =>
    readdirSync(join(folder, room))
      .filter((name) => name.endsWith(extension))
      .map((name) => `${room}/${name.slice(0, -extension.length)}`),
  );

const pluginFor = ({ load }) => ({
  name: 'modules, compiled',
  resolveId: (id, importer) => (id.startsWith('.') || importer === undefined ? null : { id, external: true }),
  load,
});

const commonJs = {
  name: 'CommonJS, and ES modules that re-export it',
  // Bundlers may put the core into pages, so it must not ask for a module of Node. The one use of this in the core accepts a
  // path.
  resolveImportMeta: (property, { chunkId }) =>
    property === 'url' && chunkId === 'core.cjs'
      ? '__filename'
      : "require('node:url').pathToFileURL(__filename).href",
  generateBundle(_options, bundle) {
    for (const name of reExported) {
      const names = bundle[`${name}.cjs`].exports.join(', ');
      const source = `export { ${names} } from './${posix.basename(name)}.cjs';\n`;
      this.emitFile({ type: 'asset', fileName: `${name}.js`, source });
    }
  },
};

/** The modules that index.js imports, directly or not. */
async function modulesOfTheCore(modules) {
  const input = join(modules.folder, `index${modules.extension}`);
  const bundle = await rollup({ input, plugins: [pluginFor(modules)] });
  await bundle.close();
  return bundle.cache.modules.map(({ id }) => id).filter((id) => id !== input);
}

/** @returns {import('rollup').RollupOptions} */
function options(modules, names, plugins, output) {
  return {
    input: Object.fromEntries(names.map((name) => [name, join(modules.folder, name + modules.extension)])),
    plugins: [pluginFor(modules), ...plugins],
    preserveEntrySignatures: 'strict',
    treeshake: false,
    // A helper of TypeScript looks for itself in "this", which a module does not have.
    onLog: (level, log, handle) => (log.code === 'THIS_IS_UNDEFINED' ? undefined : handle(level, log)),
    output: {
      dir: join(dist, 'node'),
      sourcemap: true,
      minifyInternalExports: false,
      hoistTransitiveImports: false,
      ...output,
    },
  };
}

/** The preload has a file of its own, since a program may preload it in both ways. */
function preload(id) {
  return /preload\.[jt]s$/.test(id) ? 'register/preload' : undefined;
}

/**
 * What is joined of modules: the compiled files of a folder, or its sources, and what they are compiled to.
 * @returns {Promise<import('rollup').RollupOptions[]>}
 */
export async function joined(modules) {
  const core = await modulesOfTheCore(modules);
  return [
    options(modules, [...new Set([...inCommonJs, ...remoteIn(modules)])], [commonJs], {
      format: 'cjs',
      esModule: true,
      // No imported binding changes. RxJS lets users change the fields of an object, but not a binding.
      externalLiveBindings: false,
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name].cjs',
      // Several entry points check their options with this file. The core does not import it, and it is too small for a file of
      // its own.
      manualChunks: (id) => (core.includes(id) || /check-options\.[jt]s$/.test(id) ? 'core' : preload(id)),
    }),
    options(modules, waiting, [], {
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      manualChunks: preload,
    }),
  ];
}

export default () => joined(compiled);
