import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import webpack, { type Configuration, type Module, type Stats } from 'webpack';

import { filesOfGroup, type Group } from './groups.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const root = file('../../../');

/** Bundles a group as it would be for a browser, and returns the folder with `boot.js` and `specs.js`. */
export async function bundle(group: Group, files: readonly string[] = filesOfGroup(group)): Promise<string> {
  const folder = `${root}reports/browser/${group.name.replaceAll(/\W+/g, '-')}/`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const specs = `${folder}entry.js`;
  writeFileSync(specs, [...(group.setup ?? []), ...files].map(importOf).join('\n'));

  const stats = await compile({
    mode: 'development',
    context: root,
    entry: { boot: file('page.ts'), specs },
    target: ['web', 'es2022'],
    // Every module is a file of its own in a stack, also in a folder with a "#", which webpack writes in another way.
    devtool: 'eval-source-map',
    optimization: { moduleIds: false },
    plugins: [new webpack.ids.NamedModuleIdsPlugin({ context: root.replaceAll('#', '\0#') })],
    module: {
      parser: { javascript: { dynamicImportMode: 'eager' } },
      rules: [
        // The package says that its files have no side effects, which is true of what is published.
        { test: /\.ts$/, sideEffects: true, loader: file('typescript-loader.mjs') },
        { test: file('../clock.cjs'), sideEffects: true },
      ],
    },
    // Specs and samples import the library as its readers would, and get the sources.
    resolve: {
      extensions: ['.ts', '...'],
      // Other versions of packages come first: see spec/support/all-angulars.mjs.
      modules: [process.env['SPEC_MODULES'] ?? 'node_modules', 'node_modules'],
      alias: { 'async-tamer$': `${root}src/index.ts`, 'async-tamer': `${root}src`, ...browserFiles() },
    },
    // The value of the entry is a promise, if one of its modules waits for something.
    output: { path: folder, library: { name: '[name]', type: 'window' } },
  });
  const problems = [...stats.compilation.errors, ...stats.compilation.warnings];
  if (problems.length > 0) {
    throw new Error(
      `The specs for "${group.name}" cannot be bundled for a browser.\n` +
        `${problems.map((problem) => described(problem, stats)).join('\n')}\n` +
        'What only Node can run is declared in spec/support/browser/groups.ts.',
    );
  }
  return folder;
}

interface Problem {
  readonly message: string;
  readonly module?: Module | null | undefined;
}

/** What is wrong, and where: the module itself, or the one that imports it. */
function described({ message, module }: Problem, { compilation }: Stats): string {
  const issuer = module && compilation.moduleGraph.getIssuer(module);
  const names = [module, issuer].flatMap((found) => found?.identifier().split('!').at(-1) ?? []);
  return `${names.join(', imported by ')}: ${message.split('\n').slice(0, 2).join(' ')}`;
}

function importOf(path: string): string {
  return `import ${JSON.stringify(/^(?:spec|samples)\//.test(path) ? root + path : path)};`;
}

/** In the place of some sources, those that the package names for browsers. */
function browserFiles(): Record<string, string> {
  const { browser } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest;
  // As webpack writes a path on this system, or it is none that it knows.
  const source = (path: string): string =>
    join(root, path.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));
  return Object.fromEntries(Object.entries(browser).map(([path, other]) => [source(path), source(other)]));
}

interface Manifest {
  readonly browser: Readonly<Record<string, string>>;
}

function compile(configuration: Configuration): Promise<Stats> {
  return new Promise((resolve, reject) => {
    webpack(configuration, (error, stats) => {
      if (stats === undefined) {
        reject(error ?? new Error('webpack has made nothing.'));
      } else {
        resolve(stats);
      }
    });
  });
}
