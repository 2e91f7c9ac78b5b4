// Turns the declarations of tsc into declarations for CommonJS, and leaves for each entry point a declaration of an ES module
// that re-exports them. So every type exists once, for import and for require(), as the library does.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

for (const name of readdirSync(dist, { encoding: 'utf8', recursive: true })) {
  const path = join(dist, name);
  if (name.endsWith('.d.ts')) {
    const text = readFileSync(path, 'utf8')
      .replaceAll(/(\bfrom |\bimport\(|^import )(['"])(\.[^'"]*)\.[jt]s\2/gm, '$1$2$3.cjs$2')
      .replace(/(\/\/# sourceMappingURL=.*)\.d\.ts\.map/, '$1.d.cts.map');
    writeFileSync(path, text);
    renameSync(path, path.replace(/\.d\.ts$/, '.d.cts'));
  } else if (name.endsWith('.d.ts.map')) {
    const map = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...map, file: map.file.replace(/\.d\.ts$/, '.d.cts') }));
    renameSync(path, path.replace(/\.d\.ts\.map$/, '.d.cts.map'));
  }
}

for (const [, entry] of JSON.stringify(exports).matchAll(/\.\/dist\/([\w./]+)\.d\.ts/g)) {
  writeFileSync(join(dist, `${entry}.d.ts`), `export * from './${basename(entry)}.cjs';\n`);
}
