// Runs one of these files in a browser, and says why that was impossible: program.ts FILE
import { run } from '../support/browser/run.ts';

const group = { name: 'of a program', files: /^$/ };
await run(group, () => {}, { files: process.argv.slice(2), silenceMs: 2000 }).catch((error: unknown) => {
  console.log(String(error));
});
