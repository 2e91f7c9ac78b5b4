// Compiles the library for the app, with its declarations: "ngc" then reads these, as it would those of any package, and need not
// check the sources again.
import { checker, runCompiler } from '../../spec/support/checker.mjs';

runCompiler(checker, ['samples/angular/library.json'], '--noCheck');
