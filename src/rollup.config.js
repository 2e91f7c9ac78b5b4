// What Node imports: dist/node has a file for each entry point, and core.js, which they share, since sixty modules take long to
// import. Bundlers take the modules that tsc has put into dist, and leave out those that a program does not use.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const { exports: entries } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** What package.json says that Node imports; and what runs in threads, which is found by its path. */
const inputs = [
  ...Array.from(JSON.stringify(entries).matchAll(/\.\/dist\/node\/([\w./]+)\.js/g), ([, name]) => name),
  ...['remote', 'threads', 'fleet'].flatMap((room) =>
    readdirSync(join(dist, room))
      .filter((name) => name.endsWith('.js'))
      .map((name) => `${room}/${name.replace(/\.js$/, '')}`),
  ),
];

const plugin = {
  name: 'modules of tsc',
  resolveId: (id, importer) => (id.startsWith('.') || importer === undefined ? null : { id, external: true }),
  // With its maps, so that those of Rollup lead to the TypeScript.
  load: (id) => ({ code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }),
};

/** What index.js imports, and what that imports. */
async function modulesOfTheCore() {
  const input = join(dist, 'index.js');
  const bundle = await rollup({ input, plugins: [plugin] });
  await bundle.close();
  return bundle.cache.modules.map(({ id }) => id).filter((id) => id !== input);
}

/** @returns {Promise<import('rollup').RollupOptions>} */
export default async () => {
  const core = await modulesOfTheCore();
  return {
    input: Object.fromEntries(inputs.map((name) => [name, join(dist, `${name}.js`)])),
    plugins: [plugin],
    preserveEntrySignatures: 'strict',
    treeshake: false,
    // A helper of TypeScript looks for itself in "this", which a module does not have.
    onLog: (level, log, handle) => (log.code === 'THIS_IS_UNDEFINED' ? undefined : handle(level, log)),
    output: {
      dir: join(dist, 'node'),
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      manualChunks: (id) => {
        // What several entry points check their options with is no module of the core, and too small for a file of its own.
        if (core.includes(id) || id.endsWith('check-options.js')) {
          return 'core';
        }
        return id.endsWith('preload.js') ? 'register/preload' : undefined;
      },
      minifyInternalExports: false,
      hoistTransitiveImports: false,
    },
  };
};
