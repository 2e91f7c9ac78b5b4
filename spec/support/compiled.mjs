// What a compiler has made of a file, kept until one of both changes: a process that finds it there does not even load the
// compiler, which takes a second.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const folder = new URL('../../node_modules/.cache/compiled/', import.meta.url);
const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const hash = (...texts) => createHash('sha256').update(texts.join('\0')).digest('hex');

/** Changes when TypeScript does. */
const compiler = JSON.parse(read('../../node_modules/typescript/package.json')).version;

const base = { target: 'ES2022', module: 'ESNext', verbatimModuleSyntax: true };
/** For webpack. */
export const moduleOptions = { ...base, sourceMap: true };
/** For programs that Node runs without ts-node. */
export const programOptions = {
  ...base,
  rewriteRelativeImportExtensions: true,
  inlineSourceMap: true,
  inlineSources: true,
};

/** What compiles, by who asks for it. */
export const by = {
  tsNode: `ts-node ${compiler} ${read('../../tsconfig.json')}`,
  webpack: `typescript-loader ${compiler} ${JSON.stringify(moduleOptions)}`,
  package: 'join-packages',
  program: `transpileModule ${compiler} ${JSON.stringify(programOptions)}`,
};

/**
 * The text that `make` makes of the text of a file. `by` says by what: a compiler, and its options. Where nothing can be kept,
 * it is made again. Processes that keep the same at the same time do not disturb each other.
 */
export function compiled(by, path, text, make) {
  const key = hash(by, path, text);
  const found = attempt(() => readFileSync(fileOf(by, path), 'utf8'));
  if (found?.startsWith(key)) {
    return found.slice(key.length);
  }
  const made = make();
  keep(by, path, text, made);
  return made;
}

/** Keeps what has been made of the text of a file. */
export function keep(by, path, text, made) {
  const file = fileOf(by, path);
  const own = new URL(`${file.href}.${process.pid}-${Date.now()}`);
  attempt(() => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(own, hash(by, path, text) + made);
    renameSync(own, file); // At once, so that nobody reads a half of it.
  });
  attempt(() => rmSync(own, { force: true }));
}

function fileOf(by, path) {
  return new URL(`${hash(by.split(' ', 1)[0], path)}.txt`, folder);
}

function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}
