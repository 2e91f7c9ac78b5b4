// What a compiler has made of a file, kept until one of both changes: a process that finds it there does not even load the
// compiler, which takes a second.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const folder = new URL('../../node_modules/.cache/compiled/', import.meta.url);
const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const hash = (...texts) => createHash('sha256').update(texts.join('\0')).digest('hex');

/** Changes when TypeScript does. */
export const compiler = JSON.parse(read('../../node_modules/typescript/package.json')).version;

/**
 * The text that `make` makes of the text of a file. `by` says by what: a compiler, and its options. Where nothing can be kept,
 * it is made again. Processes that keep the same at the same time do not disturb each other.
 */
export function compiled(by, path, text, make) {
  const key = hash(by, path, text);
  const file = new URL(`${hash(by.split(' ', 1)[0], path)}.txt`, folder);
  const found = attempt(() => readFileSync(file, 'utf8'));
  if (found?.startsWith(key)) {
    return found.slice(key.length);
  }
  const made = make();
  const own = new URL(`${file.href}.${process.pid}-${Date.now()}`);
  attempt(() => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(own, key + made);
    renameSync(own, file); // At once, so that nobody reads a half of it.
  });
  attempt(() => rmSync(own, { force: true }));
  return made;
}

function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}
