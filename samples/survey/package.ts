// One package: its package.json, and the sum of its files. What to watch for: the tally grows from file to file. So the code that
// cuts this off knows how far it came.
import { join } from 'node:path';

import { count, tap } from 'rxjs';

import { tamed } from 'async-tamer';

import { entriesOf, textOf, type Measures } from './files.ts';
import type { Measurer } from './measurer.ts';

/** What a package.json says, as far as it matters here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** How many files were measured, and their bytes and lines of code. */
export interface Tally {
  files: number;
  bytes: number;
  lines: number;
}

/** Reads the package.json in a directory, and adds all files below to `tally`. Fails at whatever cannot be read. */
export const readPackage = tamed(function* (
  directory: string,
  tally: Tally,
  measurer: Measurer,
): Generator<never, Manifest> {
  const manifest = parseManifest(yield* textOf(join(directory, 'package.json')));
  const paths = yield* filesIn(directory, ['node_modules']); // The packages nested there are packages of their own.
  // RxJS's operators are at home in a coroutine: the stream is cancelled with it.
  yield* tamed.from(
    measurer(paths).pipe(
      tap((measures) => add(measures, tally)),
      count(),
    ),
  );
  return manifest;
});

function add({ bytes, lines }: Measures, tally: Tally): void {
  tally.files += 1;
  tally.bytes += bytes;
  tally.lines += lines;
}

/** Links, pipes and the like are left out. */
function* filesIn(directory: string, except: string[] = []): Generator<never, string[]> {
  const files: string[] = [];
  for (const entry of yield* entriesOf(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && !except.includes(entry.name)) {
      files.push(...(yield* filesIn(path)));
    } else if (entry.isFile()) {
      files.push(path);
    }
  }
  return files;
}

function parseManifest(text: string): Manifest {
  const manifest = parseObject(text);
  const { name, version, license, licenses } = manifest;
  return {
    name: typeof name === 'string' ? name : '',
    version: typeof version === 'string' ? version : '',
    licence: licenceOf(license ?? licenses),
  };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, '')); // npm, too, allows the byte order mark that some editors leave.
  } catch (error) {
    throw new Error(`package.json is not JSON: ${String(error)}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('package.json is JSON, but not an object.');
  }
  return value as Record<string, unknown>; // What is in it is looked at one by one.
}

/** An SPDX expression, or what packages had before there were such: { type }, or a list of which one may choose. */
function licenceOf(licence: unknown): string {
  if (Array.isArray(licence)) {
    return licence.length === 0 ? NO_LICENCE : licence.map(licenceOf).join(' OR ');
  }
  if (typeof licence === 'object' && licence !== null && 'type' in licence) {
    return licenceOf(licence.type);
  }
  return typeof licence === 'string' && licence.trim() !== '' ? licence.trim() : NO_LICENCE;
}

const NO_LICENCE = 'none';
