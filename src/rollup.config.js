// Joins the modules of the core, as tsc has put them into dist, into one file, core.js: sixty files take long to import. Each of
// them stays, as names for what is in there: so all entry points share one core, and their declarations stay where they are.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** event-loop.js stays a file of its own, since bundlers replace it for browsers; and so does what it shares with the core. */
const external = ['rxjs', `${dist}event-loop.js`, `${dist}errors.js`];

/** Stands for whatever uses several modules of the core at once, so that the joint file is none of them, but `core.js`. */
const USER = 'user';
const user = ['index', 'current']
  .map((name) => `export * from ${JSON.stringify(`${dist}${name}.js`)};`)
  .join('');

const plugin = {
  name: 'core',
  resolveId: (id) => (id === USER ? id : undefined),
  // With the maps of tsc, so that the map of core.js leads to the TypeScript.
  load: (id) =>
    id === USER ? user : { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') },
  generateBundle(_, bundle) {
    delete bundle[`${USER}.js`];
    delete bundle[`${USER}.js.map`];
  },
};

async function modulesOfTheCore() {
  const bundle = await rollup({ input: `${dist}index.js`, external, plugins: [plugin] });
  await bundle.close();
  return bundle.cache.modules.map(({ id }) => id);
}

/** @returns {Promise<import('rollup').RollupOptions>} */
export default async () => ({
  input: Object.fromEntries([
    ...(await modulesOfTheCore()).map((id) => [basename(id, '.js'), id]),
    [USER, USER],
  ]),
  external,
  plugins: [plugin],
  preserveEntrySignatures: 'strict',
  treeshake: false,
  output: {
    dir: dist,
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    manualChunks: (id) => (id === USER ? undefined : 'core'),
    minifyInternalExports: false,
    hoistTransitiveImports: false,
  },
});
