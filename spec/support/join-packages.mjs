// Bundles packages of others into one CommonJS module, which exports them by their names, for programs that load them again and
// again: node join-packages.mjs FILE PACKAGE…
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import webpack from 'webpack';

const [file, ...names] = process.argv.slice(2);
const entry = `${file}.entry.cjs`;
// Those of the project: nearer to the file may stand what has been made of them before.
const require = createRequire(import.meta.url);
const statement = (name) =>
  `exports[${JSON.stringify(name)}] = require(${JSON.stringify(require.resolve(name))});\n`;
writeFileSync(entry, names.map(statement).join(''));
webpack(
  {
    mode: 'none',
    target: 'node20',
    context: fileURLToPath(new URL('../../', import.meta.url)),
    entry,
    devtool: false,
    output: { path: dirname(file), filename: basename(file), library: { type: 'commonjs2' } },
    resolve: { conditionNames: ['node', 'require', 'default'], mainFields: ['main'] },
    // What is optional to them: it is asked for only where somebody wants it.
    externals: ['pg', 'redis', 'bullmq-otel', '@valkey/valkey-glide', 'msgpackr-extract'],
    node: false,
  },
  (error, stats) => {
    rmSync(entry);
    if (error || stats.hasErrors()) {
      console.error(error ?? stats.toString({ all: false, errors: true }));
      process.exitCode = 1;
    }
  },
);
