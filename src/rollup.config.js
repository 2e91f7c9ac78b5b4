// What Node loads, in dist/node: one implementation, in CommonJS, which Jest and every require() can load, and for each entry point an
// ES module that re-exports it by name, so that all of a program has the same library. A few files in the place of some hundred
// modules, which take long to load. Bundlers take the modules that tsc has put into dist, and leave out what a program does not use.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** What package.json says that Node loads. */
const entries = [
  ...new Set(
    Array.from(JSON.stringify(exports).matchAll(/\.\/dist\/node\/([\w./]+)\.c?js/g), ([, name]) => name),
  ),
];
/** It waits at its top level, as ES modules alone can. */
const waiting = ['register/import'];
const inCommonJs = entries.filter((name) => !waiting.includes(name));
const reExported = entries.filter((name) => !name.startsWith('register/'));
/** What runs in threads, which is found by its path. */
const remote = ['remote', 'threads'].flatMap((room) =>
  readdirSync(join(dist, room))
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${room}/${name.replace(/\.js$/, '')}`),
);

const plugin = {
  name: 'modules of tsc',
  resolveId: (id, importer) => (id.startsWith('.') || importer === undefined ? null : { id, external: true }),
  // With its maps, so that those of Rollup lead to the TypeScript.
  load: (id) => ({ code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }),
};

const commonJs = {
  name: 'CommonJS, and ES modules that re-export it',
  // The core, which bundlers may put into pages, shall ask for no module of Node: what it makes of this takes a path, too.
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

/** What index.js imports, and what that imports. */
async function modulesOfTheCore() {
  const input = join(dist, 'index.js');
  const bundle = await rollup({ input, plugins: [plugin] });
  await bundle.close();
  return bundle.cache.modules.map(({ id }) => id).filter((id) => id !== input);
}

/** @returns {import('rollup').RollupOptions} */
function options(names, plugins, output) {
  return {
    input: Object.fromEntries(names.map((name) => [name, join(dist, `${name}.js`)])),
    plugins: [plugin, ...plugins],
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

/** A file of its own: what is preloaded in one way may be so in the other. */
function preload(id) {
  return id.endsWith('preload.js') ? 'register/preload' : undefined;
}

export default async () => {
  const core = await modulesOfTheCore();
  return [
    options([...new Set([...inCommonJs, ...remote])], [commonJs], {
      format: 'cjs',
      esModule: true,
      // Nothing that is imported changes but what RxJS lets change, which are the fields of an object.
      externalLiveBindings: false,
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name].cjs',
      // What several entry points check their options with is no module of the core, and too small for a file of its own.
      manualChunks: (id) => (core.includes(id) || id.endsWith('check-options.js') ? 'core' : preload(id)),
    }),
    options(waiting, [], {
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      manualChunks: preload,
    }),
  ];
};
