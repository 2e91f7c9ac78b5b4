// Checks the types, project by project: npm run types. It is TypeScript 7 that checks; 6 compiles, so "npm run types:6" lets that
// one check, too, and all declarations of others, which take four fifths of the time.
import { checker, compiler, runCompiler } from './checker.mjs';

/** The sources without the types of Node, those for Node alone with them, then everything. */
const projects = ['src', 'src/tsconfig.node.json', '.'];

if (process.argv.includes('--by=6')) {
  runCompiler(compiler, projects, '--noEmit');
} else {
  runCompiler(checker, projects, '--noEmit', '--skipLibCheck');
}
