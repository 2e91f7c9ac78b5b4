// Finds packages where package managers put them. What to watch for: plain recursion. A generator that waits is called with
// `yield*`, returns a value, and throws, as any function does; a cancel ends the whole chain of them at its last `yield*`.
import { join } from 'node:path';

import { tamed } from 'async-tamer';

import { entriesOf } from './files.ts';

/**
 * The directories of the packages in a folder: every directory in it and what is nested in those or, if the folder is a
 * package itself, that one and what is nested in it. Fails if the folder cannot be read.
 */
export const findPackages = tamed(function* (folder: string): Generator<never, string[]> {
  const entries = yield* entriesOf(folder);
  const isPackage = entries.some(({ name }) => name === 'package.json');
  const found = isPackage ? [folder, ...(yield* nestedIn(folder))] : yield* packagesIn(folder);
  return found.sort();
});

function* packagesIn(folder: string): Generator<never, string[]> {
  const found: string[] = [];
  for (const name of yield* directoriesIn(folder)) {
    const path = join(folder, name);
    if (name === 'node_modules' || name.startsWith('@')) {
      found.push(...(yield* foundBy(packagesIn, path)));
    } else if (name === '.pnpm') {
      found.push(...(yield* foundBy(pnpmPackagesIn, path)));
    } else if (!name.startsWith('.')) {
      found.push(path, ...(yield* nestedIn(path)));
    }
  }
  return found;
}

/** The packages in the `node_modules` of a package. */
function* nestedIn(directory: string): Generator<never, string[]> {
  const path = join(directory, 'node_modules');
  try {
    const names = yield* directoriesIn(directory);
    return names.includes('node_modules') ? yield* foundBy(packagesIn, path) : [];
  } catch {
    return []; // The survey of that package fails for the same reason, and says so.
  }
}

/** Here pnpm keeps each package in a `node_modules` of its own, beside links to others. */
function* pnpmPackagesIn(folder: string): Generator<never, string[]> {
  const found: string[] = [];
  for (const name of yield* directoriesIn(folder)) {
    found.push(...(yield* nestedIn(join(folder, name))));
  }
  return found;
}

/** A folder that cannot be read is taken for a package: its survey fails, and says why. */
function* foundBy(
  find: (folder: string) => Generator<never, string[]>,
  folder: string,
): Generator<never, string[]> {
  try {
    return yield* find(folder);
  } catch {
    return [folder];
  }
}

/** Symbolic links are left out: what they lead to is found where it is, or belongs to another folder. */
function* directoriesIn(folder: string): Generator<never, string[]> {
  const entries = yield* entriesOf(folder);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
