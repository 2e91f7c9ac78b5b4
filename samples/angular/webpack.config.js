// Bundles what ngc has compiled into dist/compiled, and the library, for a browser.
import { join } from 'node:path';
import linker from '@angular/compiler-cli/linker/babel';
import webpack from 'webpack';

const here = import.meta.dirname;
const compiled = join(here, 'dist/compiled');
const library = join(here, 'dist/library');

/** @type {import('webpack').Configuration} */
export default {
  mode: 'production',
  context: here,
  entry: `${compiled}/app/main.js`,
  target: ['web', 'es2022'],
  devtool: 'source-map',
  output: { path: `${here}/dist/site`, filename: '[name].js', publicPath: '/', clean: true },
  resolve: {
    conditionNames: ['es2015', '...'], // RxJS has its classes as classes there.
    alias: {
      'async-tamer/angular$': `${library}/angular/index.js`,
      'async-tamer$': `${library}/index.js`,
      // As package.json says of browsers.
      [join(library, 'blocking/event-loop.js')]: join(library, 'blocking/event-loop.browser.js'),
    },
  },
  module: {
    rules: [
      { test: /\.js$/, include: [compiled, library], extractSourceMap: true },
      // Angular's libraries are published half compiled. The linker does the rest here, so that no browser has to: the
      // compiler is not in the bundle.
      {
        test: /\.mjs$/,
        include: /[\\/]@angular[\\/]/,
        loader: 'babel-loader',
        options: { plugins: [linker], compact: false, cacheDirectory: `${here}/dist/linked` },
      },
    ],
  },
  plugins: [new webpack.DefinePlugin({ ngDevMode: 'false', ngJitMode: 'false' })],
  // The panel shows functions by their names, which minimizers take away: production code would tell its own to keep them.
  optimization: { minimize: false },
  performance: false,
  stats: 'errors-warnings',
};
