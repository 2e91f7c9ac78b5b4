import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { run } from '../support/child-process.ts';
import { entriesFor, writeEntries, type Host } from './entries.ts';
import { install, root, scratch } from './tarball.ts';

/** A project in TypeScript, by what of its configuration matters to declarations. */
export interface Project {
  readonly host: Exclude<Host, 'browser'>;
  readonly module: 'ESNext' | 'Node16' | 'NodeNext';
  readonly exactOptionalPropertyTypes: boolean;
}

/** Checks a program that imports every entry point, and the declarations of all it sees. Returns what the compiler says. */
export async function check(
  project: Project,
  compiler = join(root, 'node_modules/typescript'),
): Promise<string> {
  const { host, module, exactOptionalPropertyTypes } = project;
  const folder = scratch('types');
  const entries = entriesFor(host);
  install(folder, host === 'node' ? ['rxjs', '@types/node', 'undici-types'] : ['rxjs', '@angular/core']);
  writeEntries(folder, entries, ['ts']);
  const lines = entries.flatMap(({ specifier, name }, n) => [
    `import * as entry${n} from '${specifier}';`,
    `import * as program${n} from './entries/${name}.js';`,
    `export const outcome${n}: Promise<string> = program${n}.exercise(entry${n});`,
  ]);
  writeFileSync(join(folder, 'main.ts'), lines.join('\n'));
  const requires = entries.map(
    ({ specifier }, n) => `import entry${n} = require('${specifier}'); export { entry${n} };`,
  );
  writeFileSync(join(folder, 'required.cts'), requires.join('\n'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const compilerOptions = {
    target: 'ES2022',
    module,
    moduleResolution: module === 'ESNext' ? 'Bundler' : module,
    // Without "lib" a page has those of its target; Node has no DOM.
    ...(host === 'node' ? { lib: ['ES2022'], types: ['node'] } : { types: [] }),
    strict: true,
    exactOptionalPropertyTypes,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  };
  // Only there may CommonJS require ES modules, so says TypeScript.
  const files = module === 'NodeNext' ? ['main.ts', 'required.cts'] : ['main.ts'];
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));

  const { code, stdout, stderr } = await run([join(compiler, 'bin/tsc'), '-p', '.'], {
    cwd: folder,
  });
  return code === 0 ? '' : stdout + stderr;
}

export const projects: readonly Project[] = [true, false].flatMap((exactOptionalPropertyTypes) => [
  { host: 'angular', module: 'ESNext', exactOptionalPropertyTypes },
  { host: 'node', module: 'Node16', exactOptionalPropertyTypes },
  { host: 'node', module: 'NodeNext', exactOptionalPropertyTypes },
]);
