// Checks the types, project by project: npm run types. It is TypeScript 7 that checks; 6 compiles, so "npm run types:6" lets that
// one check, too, and all declarations of others, which take four fifths of the time.
import { fileURLToPath } from 'node:url';

import { checker, compiler, runCompiler } from './checker.mjs';

/** The sources without the types of Node, those for Node alone with them, then everything. */
const projects = ['src', 'src/tsconfig.node.json', '.'];

if (process.argv.includes('--by=6')) {
  runCompiler(compiler, projects, '--noEmit');
} else {
  // What was found before is kept: where little has changed, that is a fifth of the work.
  const cache = fileURLToPath(new URL('../../node_modules/.cache/types/', import.meta.url));
  projects.forEach((project, index) => {
    const kept = ['--incremental', '--tsBuildInfoFile', `${cache}${index}.tsbuildinfo`];
    runCompiler(checker, [project], '--noEmit', '--skipLibCheck', ...kept);
  });
}
