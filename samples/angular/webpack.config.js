// Bundles what ngc has compiled into dist/compiled, for a browser.
import { join } from 'node:path';
import linker from '@angular/compiler-cli/linker/babel';
import webpack from 'webpack';

const here = import.meta.dirname;
const compiled = join(here, 'dist/compiled');

/** @type {import('webpack').Configuration} */
export default {
  mode: 'production',
  context: here,
  entry: `${compiled}/samples/angular/app/main.js`,
  target: ['web', 'es2022'],
  devtool: 'source-map',
  output: { path: `${here}/dist/site`, filename: '[name].js', publicPath: '/', clean: true },
  resolve: {
    conditionNames: ['es2015', '...'], // RxJS has its classes as classes there.
    alias: {
      'async-tamer/angular$': `${compiled}/src/angular/index.js`,
      'async-tamer$': `${compiled}/src/index.js`,
      // What package.json says of a browser, for the sources.
      [join(compiled, 'src/blocking/event-loop.js')]: join(compiled, 'src/blocking/event-loop.browser.js'),
    },
  },
  module: {
    rules: [
      { test: /\.js$/, include: compiled, extractSourceMap: true },
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
