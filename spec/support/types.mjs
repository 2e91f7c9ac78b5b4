// Checks the types, project by project: npm run types. It is TypeScript 7 that checks; 6 compiles, so "npm run types:6" lets that
// one check, too, and all declarations of others, which take four fifths of the time.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { checker, compiler } from './checker.mjs';

/** The sources without the types of Node, those for Node alone with them, then everything. */
const projects = ['src', 'src/tsconfig.node.json', '.'];

const all = process.argv.includes('--by=6');
const program = join(all ? compiler : checker, 'bin/tsc');
const cwd = fileURLToPath(new URL('../../', import.meta.url));

for (const project of projects) {
  const args = [program, '--project', project, '--noEmit', ...(all ? [] : ['--skipLibCheck'])];
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' });
  if (status !== 0) {
    process.exitCode = 1;
  }
}
