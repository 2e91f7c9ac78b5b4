// Bundles for browsers, made from what tsc has put into dist; RxJS stays outside.
import { readFileSync } from 'node:fs';
import webpack from 'webpack';

const licenseOfRxJS = readFileSync(new URL('node_modules/rxjs/LICENSE.txt', import.meta.url), 'utf8');

/** @returns {import('webpack').Configuration} */
function bundle(overrides) {
  return {
    mode: 'production',
    context: import.meta.dirname,
    entry: './dist/index.js',
    target: ['web', 'es2022'],
    // The maps of tsc are read too, so that a debugger shows the TypeScript, which is in the package.
    devtool: 'nosources-source-map',
    module: { rules: [{ test: /\.js$/, extractSourceMap: true }] },
    stats: 'errors-warnings',
    ...overrides,
  };
}

const path = `${import.meta.dirname}/dist/bundle`;
// From a map in dist/bundle to the sources; what webpack adds has none.
const devtoolModuleFilenameTemplate = ({ resourcePath }) =>
  resourcePath.startsWith('./') ? `../../${resourcePath.slice(2)}` : `webpack:///${resourcePath}`;

export default [
  // import { tamed } from './async-tamer.min.js', with an import map that says where rxjs is
  bundle({
    experiments: { outputModule: true },
    externalsType: 'module',
    externals: ['rxjs'],
    output: {
      path,
      filename: 'async-tamer.min.js',
      library: { type: 'module' },
      devtoolModuleFilenameTemplate,
    },
  }),
  // RxJS for that import map: what RxJS publishes are modules that leave the ends of names out, which no browser finds.
  // Its license goes into a file beside it, to which the first line of the module refers.
  bundle({
    entry: 'rxjs',
    devtool: false,
    plugins: [new webpack.BannerPlugin(`RxJS\n\n${licenseOfRxJS}`)],
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
      devtoolModuleFilenameTemplate,
    },
  }),
];
