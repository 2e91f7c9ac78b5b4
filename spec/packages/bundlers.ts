import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from '../support/child-process.ts';
import { entriesFor, mainOf, writeEntries } from './entries.ts';
import { install, installByNpm, scratch } from './tarball.ts';

/** What to bundle, in the folder of a bundler's program. */
export interface Job {
  /** The path of the module to begin with. */
  readonly entry: string;
  /** The path of the folder for the bundle. */
  readonly output: string;
  /** Whether RxJS stays outside. */
  readonly alone?: boolean;
}

interface Bundler {
  /** The path of its program under `node_modules`. */
  readonly program: string;
  /** The arguments of its program. */
  readonly args: (job: Job) => readonly string[];
  /** Variables for its configuration. */
  readonly env?: (job: Job) => Readonly<Record<string, string>>;
  /** The names of what it needs, if this project has installed it. Else npm installs what its `package.json` says. */
  readonly linked?: readonly string[];
}

const bundlers = {
  webpack: {
    program: 'webpack/bin/webpack.js',
    args: ({ entry, output, alone }) => [
      '--fail-on-warnings',
      ...['--entry', `./${entry}`, '--output-path', output],
      ...(alone ? ['--externals', 'rxjs', '--externals', 'rxjs/testing'] : []),
    ],
    linked: ['rxjs', 'webpack', 'webpack-cli'],
  },
  vite: {
    program: 'vite/bin/vite.js',
    args: () => ['build'],
    env: ({ entry, output, alone }) => ({
      ENTRY: entry,
      OUTPUT: output,
      EXTERNAL: alone ? 'rxjs,rxjs/testing' : '',
    }),
  },
  esbuild: {
    program: 'esbuild/bin/esbuild',
    args: ({ entry, output, alone }) => [
      ...[entry, `--outdir=${output}`, '--bundle', '--minify', '--format=esm', '--log-level=warning'],
      ...(alone ? ['--external:rxjs'] : []),
    ],
  },
  angular: { program: '@angular/cli/bin/ng.js', args: () => ['build', '--no-progress'] },
} satisfies Record<string, Bundler>;

export type BundlerName = keyof typeof bundlers;

/** Makes a folder with the program of `consumers/<name>`, which imports every entry point that runs in a browser. */
export function prepare(name: BundlerName): string {
  const { linked }: Bundler = bundlers[name];
  const folder = scratch(name);
  cpSync(fileURLToPath(new URL(`consumers/${name}`, import.meta.url)), folder, { recursive: true });
  if (name === 'angular') {
    const entries = entriesFor('angular');
    writeEntries(join(folder, 'src'), entries, ['ts']);
    writeFileSync(join(folder, 'src/main.ts'), `import './app';\n${mainOf(entries, 'ts')}`);
  } else {
    const entries = entriesFor('browser');
    writeEntries(folder, entries, ['mjs']);
    writeFileSync(join(folder, 'main.mjs'), mainOf(entries, 'mjs'));
  }
  if (linked) {
    install(folder, linked);
  } else {
    installByNpm(folder);
  }
  return folder;
}

/** Runs the bundler in its folder. Throws if it fails, or warns. */
export async function bundle(name: BundlerName, folder: string, job: Job): Promise<void> {
  const { program, args, env }: Bundler = bundlers[name];
  const { code, stdout, stderr } = await run([join('node_modules', program), ...args(job)], {
    cwd: folder,
    env: { NG_CLI_ANALYTICS: 'false', ...env?.(job) },
    timeoutMs: 180_000,
  });
  if (code !== 0 || WARNING.test(stdout + stderr)) {
    throw new Error(`${name} has ended with exit code ${code}, or warned.\n${stdout}${stderr}`);
  }
}

const WARNING = /warn|deprecat|\(!\)/i;

/** What a bundle for browsers must not have. */
const foreign: Readonly<Record<string, RegExp>> = {
  'the addon': /deasync|\.node["'`]/,
  'a module of Node':
    /\b(?:from|import|require)\b\s*\(?\s*["'`](?:node:|(?:fs|path|module|os|async_hooks)["'`])/,
  // That one is asked for where there is a process that has it: builds for servers may be builds for browsers, too.
  'what asks Node for a module': /["'`]node:(?!async_hooks["'`])/,
  'what takes the place of Node':
    /\bprocess\.(?:env|nextTick|browser|cwd|argv)\b|createRequire|browser-external|polyfill/,
};

/** What of that is found in the JavaScript files of a folder. */
export function problemsIn(folder: string): string[] {
  const scripts = scriptsIn(folder);
  if (scripts.length === 0) {
    return [`There is no bundle in ${folder}.`];
  }
  return scripts.flatMap(([name, code]) =>
    Object.entries(foreign).flatMap(([what, pattern]) => {
      const match = pattern.exec(code);
      return match === null
        ? []
        : [`${name} has ${what}: ${code.slice(Math.max(0, match.index - 60), match.index + 60)}`];
    }),
  );
}

/** The paths and contents of a folder's JavaScript files. */
export function scriptsIn(folder: string): [string, string][] {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((name) => /\.m?js$/.test(name))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
}
