// Bundles for browsers, made from what tsc has put into dist; RxJS stays outside.

/** @returns {import('webpack').Configuration} */
function bundle(overrides) {
  return {
    mode: 'production',
    context: import.meta.dirname,
    entry: './dist/index.js',
    target: ['web', 'es2022'],
    devtool: 'source-map',
    // The maps of tsc are read too, so that a debugger shows the TypeScript.
    module: { rules: [{ test: /\.js$/, extractSourceMap: true }] },
    stats: 'errors-warnings',
    ...overrides,
  };
}

const path = `${import.meta.dirname}/dist/bundle`;

export default [
  // import { tamed } from './async-tamer.min.js', with an import map that says where rxjs is
  bundle({
    experiments: { outputModule: true },
    externalsType: 'module',
    externals: ['rxjs'],
    output: { path, filename: 'async-tamer.min.js', library: { type: 'module' } },
  }),
  // RxJS for that import map: what RxJS publishes are modules that leave the ends of names out, which no browser finds.
  bundle({
    entry: 'rxjs',
    resolve: { conditionNames: ['es2015'] },
    experiments: { outputModule: true },
    output: { path, filename: 'rxjs.min.js', library: { type: 'module' } },
  }),
  // <script src="…/rxjs.umd.min.js"> and then this: the globals rxjs and asyncTamer
  bundle({
    externals: { rxjs: { root: 'rxjs', commonjs: 'rxjs', commonjs2: 'rxjs', amd: 'rxjs' } },
    output: {
      path,
      filename: 'async-tamer.umd.min.js',
      library: { name: 'asyncTamer', type: 'umd' },
      globalObject: 'globalThis',
    },
  }),
];
