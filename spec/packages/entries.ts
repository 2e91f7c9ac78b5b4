import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { manifest } from './tarball.ts';

/** Where a program runs; `angular` is a browser, and what Angular's builder makes for it. */
export type Host = 'node' | 'browser' | 'angular';

/**
 * Where each entry point runs. `entries` has a program for each that can be imported anywhere, by the name of its path: it
 * exports `exercise`, which uses what it is given, and `outcome`, what that returns.
 */
const hosts: Readonly<Record<string, readonly Host[]>> = {
  '.': ['node', 'browser', 'angular'],
  './testing': ['node', 'browser', 'angular'],
  './trace': ['node', 'browser', 'angular'],
  './angular': ['angular'],
  './threads': ['node'],
  './fleet': ['node'],
  './eslint': ['node'],
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

/** The kinds of modules that there are, and what they are made of; TypeScript is that of TypeScript itself. */
const kinds = { ts: undefined, mjs: ts.ModuleKind.ESNext, cjs: ts.ModuleKind.CommonJS };

export type Kind = keyof typeof kinds;

/** Writes the programs of entry points into a folder's folder `entries`. */
export function writeEntries(folder: string, entries: readonly Entry[], made: readonly Kind[]): void {
  mkdirSync(join(folder, 'entries'), { recursive: true });
  for (const { name } of entries) {
    const source = readFileSync(fileURLToPath(new URL(`entries/${name}.ts`, import.meta.url)), 'utf8');
    for (const kind of made) {
      const module = kinds[kind];
      const code =
        module === undefined ? source : ts.transpile(source, { target: ts.ScriptTarget.ES2022, module });
      writeFileSync(join(folder, 'entries', `${name}.${kind}`), code);
    }
  }
}

/** A module that imports them all, runs their programs, and leaves the promise of what these return in the global `outcomes`. */
export function mainOf(entries: readonly Entry[], kind: Kind): string {
  const end = kind === 'ts' ? '' : `.${kind}`;
  const load = (name: string, specifier: string): string =>
    kind === 'cjs' ? `const ${name} = require('${specifier}');` : `import * as ${name} from '${specifier}';`;
  return [
    ...entries.map(({ specifier }, index) => load(`entry${index}`, specifier)),
    ...entries.map(({ name }, index) => load(`program${index}`, `./entries/${name}${end}`)),
    // One after the other: while one tests in virtual time, what another begins would be taken for a part of that test.
    'const outcomes = (async () => [',
    ...entries.map((_entry, index) => `  await program${index}.exercise(entry${index}),`),
    '])();',
    'Object.assign(globalThis, { outcomes });\n',
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
