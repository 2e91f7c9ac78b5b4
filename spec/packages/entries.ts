import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { manifest } from './tarball.ts';

/** What can run code. */
export type Host = 'node' | 'browser';

/**
 * Where each entry point runs. `entries` has a program for each that can be imported anywhere, by the name of its path: it
 * exports `exercise`, which uses what it is given, and `outcome`, what that returns.
 */
const hosts: Readonly<Record<string, readonly Host[]>> = {
  '.': ['node', 'browser'],
  './testing': ['node', 'browser'],
  './register': [], // A preload, which has nothing to import: see consumers.spec.ts.
};

/** The paths in "exports" that are code, and of which nothing is said above. */
export function unknownEntries(): string[] {
  return paths().filter((path) => hosts[path] === undefined);
}

function paths(): string[] {
  return Object.keys(manifest.exports).filter((path) => path !== './package.json');
}

/** A way to import the library, and the program that uses what is imported. */
export interface Entry {
  /** `async-tamer/testing` */
  readonly specifier: string;
  /** `testing`: the name of its program. */
  readonly name: string;
}

/** What a program that runs there can import. */
export function entriesFor(host: Host): Entry[] {
  return paths()
    .filter((path) => hosts[path]?.includes(host))
    .map((path) => ({
      specifier: path.replace('.', manifest.name),
      name: path === '.' ? 'index' : path.slice(2),
    }));
}

/** Writes the programs of entry points into a folder, as they are, and as modules of both kinds. */
export function writeEntries(folder: string, entries: readonly Entry[]): void {
  mkdirSync(join(folder, 'entries'), { recursive: true });
  for (const { name } of entries) {
    const source = sourceOf(name);
    writeFileSync(join(folder, 'entries', `${name}.ts`), source);
    for (const [extension, module] of [
      ['mjs', ts.ModuleKind.ESNext],
      ['cjs', ts.ModuleKind.CommonJS],
    ] as const) {
      const code = ts.transpile(source, { target: ts.ScriptTarget.ES2022, module });
      writeFileSync(join(folder, 'entries', `${name}.${extension}`), code);
    }
  }
}

function sourceOf(name: string): string {
  return readFileSync(fileURLToPath(new URL(`entries/${name}.ts`, import.meta.url)), 'utf8');
}

/** A module that imports them all, runs their programs, and leaves the promise of what these return in the global `outcomes`. */
export function mainOf(entries: readonly Entry[], kind: 'mjs' | 'cjs' = 'mjs'): string {
  const load = (name: string, specifier: string): string =>
    kind === 'mjs' ? `import * as ${name} from '${specifier}';` : `const ${name} = require('${specifier}');`;
  return [
    ...entries.map(({ specifier }, index) => load(`entry${index}`, specifier)),
    ...entries.map(({ name }, index) => load(`program${index}`, `./entries/${name}.${kind}`)),
    'globalThis.outcomes = Promise.all([',
    ...entries.map((_entry, index) => `  program${index}.exercise(entry${index}),`),
    ']);\n',
  ].join('\n');
}

/** What the programs return if all is well. */
export function outcomesOf(entries: readonly Entry[]): Promise<string[]> {
  return Promise.all(
    entries.map(async ({ name }) => {
      const { outcome } = (await import(`./entries/${name}.ts`)) as { outcome: string };
      return outcome;
    }),
  );
}
