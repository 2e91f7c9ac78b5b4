import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/**
 * Writes a package into `folder`. Its entry points are given by their names, `index` for the package itself, each with an expression
 * for what it exports.
 */
export function writePackage(folder: URL, name: string, entries: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  const require = createRequire(new URL('index.cjs', folder));
  for (const [entry, expression] of Object.entries(entries)) {
    write(new URL(`${entry}.cjs`, folder), `module.exports = ${expression};\n`);
    const names = Object.keys(require(`./${entry}.cjs`) as object).filter((each) => each !== 'default');
    // By require(): else Node would look for names in all of it.
    write(
      new URL(`${entry}.js`, folder),
      `import { createRequire } from 'node:module';\n` +
        `const all = createRequire(import.meta.url)('./${entry}.cjs');\n` +
        `export const { ${names.join(', ')} } = all;\nexport default all;\n`,
    );
  }
  const exports = Object.fromEntries(
    Object.keys(entries).map((entry) => [
      entry === 'index' ? '.' : `./${entry}`,
      { import: `./${entry}.js`, default: `./${entry}.cjs` },
    ]),
  );
  write(new URL('package.json', folder), JSON.stringify({ name, type: 'module', exports }));
}

/**
 * Writes CommonJS code as the module `all.cjs` in `folder`, and beside it what V8 has compiled of that: so it is loaded in a third of
 * the time, which is more than most programs take. What is compiled is found by what is in the code, since V8 does not compare that.
 */
export function writeCode(folder: URL, code: string): void {
  mkdirSync(folder, { recursive: true });
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${code}\n})`;
  const name = `code-${createHash('sha256').update(wrapped).digest('hex').slice(0, 16)}`;
  const file = new URL(`${name}.cjs`, folder);
  const compiled = new URL(`${name}-${process.version}.bin`, folder);
  write(file, wrapped);
  if (!existsSync(compiled)) {
    const filename = fileURLToPath(file);
    const script = new Script(wrapped, { filename });
    const run = script.runInThisContext() as (...args: unknown[]) => void;
    const module = { exports: {} };
    run(module.exports, createRequire(file), module, filename, dirname(filename));
    write(compiled, script.createCachedData()); // With the functions that were run.
  }
  write(
    new URL('all.cjs', folder),
    `const { existsSync, readFileSync } = require('node:fs');
const filename = __dirname + '/${name}.cjs';
const compiled = __dirname + '/${name}-' + process.version + '.bin';
const cachedData = existsSync(compiled) ? readFileSync(compiled) : undefined; // Another Node has none.
const script = new (require('node:vm').Script)(readFileSync(filename, 'utf8'), { filename, cachedData });
script.runInThisContext()(exports, require, module, filename, __dirname);
`,
  );
}

/** Writes a file, unless that is in it, at once: nobody loads a half of it. */
export function write(url: URL, content: string | Buffer): void {
  const bytes = Buffer.from(content as string);
  if (existsSync(url) && readFileSync(url).equals(bytes)) {
    return;
  }
  const own = new URL(`${url.href}.${process.pid}`);
  writeFileSync(own, bytes);
  renameSync(own, url);
}
