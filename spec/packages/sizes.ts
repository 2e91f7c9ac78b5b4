import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

import { bundle, scriptsIn, type BundlerName } from './bundlers.ts';
import { entriesFor } from './entries.ts';
import { root } from './tarball.ts';

/** A program that imports a part of the library. */
export interface Part {
  readonly name: string;
  readonly code: string;
  /** What it leaves in the global `outcomes`. */
  readonly outcome: unknown;
}

/** What is imported, and a use of that. */
export const parts: readonly Part[] = [
  {
    name: 'sleep',
    code: `import { sleep } from 'async-tamer'; globalThis.outcomes = sleep(1).then(() => 'slept');`,
    outcome: 'slept',
  },
  {
    name: 'tamed',
    code: `import { tamed } from 'async-tamer';
      globalThis.outcomes = tamed(function* () { return (yield* tamed.from([1, 2])) + 1; })().then(String);`,
    outcome: '3',
  },
  {
    name: 'AsyncScope',
    code: `import { AsyncScope } from 'async-tamer';
      const scope = new AsyncScope();
      const child = scope.start(Promise.resolve('started'));
      globalThis.outcomes = scope.close().then(() => child);`,
    outcome: 'started',
  },
  ...entriesFor('browser').map(({ specifier }) => ({
    name: `all of ${specifier}`,
    code: `import * as library from '${specifier}'; globalThis.outcomes = Promise.resolve(Object.keys(library).length > 0);`,
    outcome: true,
  })),
];

/** What a browser loads, minified: in bytes, and compressed by Brotli. */
export interface Size {
  readonly minified: number;
  readonly brotli: number;
}

/** One line of the table. */
export interface Row {
  readonly bundler: BundlerName;
  readonly part: string;
  /** With RxJS in it. */
  readonly whole: Size;
  /** Without. */
  readonly alone: Size;
}

/** Bundles a part in the folder of a bundler, into `<part>/whole` and `<part>/alone`. */
export async function measure(bundler: BundlerName, folder: string, { name, code }: Part): Promise<Row> {
  const base = slug(name);
  writeFileSync(join(folder, `${base}.mjs`), code);
  const sizeOf = async (output: string, alone: boolean): Promise<Size> => {
    await bundle(bundler, folder, { entry: `${base}.mjs`, output: join(folder, output), alone });
    return sizeIn(join(folder, output));
  };
  return {
    bundler,
    part: name,
    whole: await sizeOf(`${base}/whole`, false),
    alone: await sizeOf(`${base}/alone`, true),
  };
}

/** The name of a part, as that of a folder. */
export function slug(name: string): string {
  return name.replaceAll(/\W+/g, '-');
}

/** Of all scripts in a folder. */
export function sizeIn(folder: string): Size {
  const code = scriptsIn(folder)
    .map(([, code]) => code)
    .join('');
  return { minified: Buffer.byteLength(code), brotli: brotliCompressSync(code).length };
}

/** Leaves the table in a file, and prints it, if there is one: not every run measures. */
export function report(rows: readonly Row[]): void {
  if (rows.length === 0) {
    return;
  }
  const folder = join(root, 'reports/packages');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'sizes.json'), JSON.stringify(rows, undefined, 2));
  const kB = ({ minified, brotli }: Size): string =>
    `${(minified / 1000).toFixed(1)} kB, ${(brotli / 1000).toFixed(1)} kB by Brotli`;
  console.table(
    rows.map(({ bundler, part, whole, alone }) => ({
      bundler,
      imports: part,
      'without RxJS': kB(alone),
      'with RxJS': kB(whole),
    })),
  );
}
