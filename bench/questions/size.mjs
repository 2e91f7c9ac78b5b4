// How large is what a bundler makes of an import of the core, RxJS excluded?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { dist } from '../dist.mjs';

export const question = {
  title: 'What a bundler makes of an import, RxJS excluded',
  unit: 'bytes',
  kind: 'size',
  base: 'everything',
  cases: {
    everything: { compute: async () => sizesOf('export *') },
    '{ AsyncScope, sleep, tamed }': { compute: async () => sizesOf('export { AsyncScope, sleep, tamed }') },
    '{ AsyncScope }': { compute: async () => sizesOf('export { AsyncScope }') },
    '{ tamed }': { compute: async () => sizesOf('export { tamed }') },
    '{ sleep }': { compute: async () => sizesOf('export { sleep }') },
    'dist/bundle/async-tamer.min.js': {
      compute: async () => compressed(readFileSync(new URL('bundle/async-tamer.min.js', dist))),
    },
  },
};

/** The sizes of a module that exports what `clause` says. */
async function sizesOf(clause) {
  const folder = mkdtempSync(join(tmpdir(), 'async-tamer-size-'));
  try {
    writeFileSync(
      join(folder, 'entry.mjs'),
      `${clause} from ${JSON.stringify(fileURLToPath(new URL('index.js', dist)))};\n`,
    );
    await bundle(folder);
    return compressed(readFileSync(join(folder, 'bundle.mjs')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compressed(code) {
  return {
    minified: code.length,
    gzip: gzipSync(code, { level: 9 }).length,
    brotli: brotliCompressSync(code).length,
  };
}

async function bundle(folder) {
  const { default: webpack } = await import('webpack'); // Only who measures needs it.
  const compiler = webpack({
    mode: 'production',
    context: folder,
    entry: './entry.mjs',
    target: ['web', 'es2022'],
    experiments: { outputModule: true },
    externalsType: 'module',
    externals: ['rxjs'],
    output: { path: folder, filename: 'bundle.mjs', library: { type: 'module' } },
  });
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error || stats.hasErrors()) {
        reject(error ?? new Error(stats.toString('errors-only')));
      } else {
        compiler.close(resolve);
      }
    });
  });
}
