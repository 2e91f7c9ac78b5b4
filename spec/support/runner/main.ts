// Runs specs in Node: npm run specs [-- SPEC_FILE… --filter=REGEXP --seed=NUMBER --jobs=NUMBER --together --verbose --cpu]
import { existsSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

import { browserOnly, filesOfNode, isSlow, specFiles } from '../browser/groups.ts';
import { compileLibrary } from '../compile.ts';
import { endWithNpm } from '../group.mjs';
import { Specification } from '../specification.ts';
import { runSpecs } from './run.ts';

const root = new URL('../../../', import.meta.url);

/** What is run where no files are named, by the name of its report. */
const suites: Readonly<Record<string, { readonly command: string; files(): readonly string[] }>> = {
  specs: { command: 'npm run specs --', files: filesOfNode },
  // What takes long and protects little.
  slow: { command: 'npm run test:slow --', files: () => specFiles().filter(isSlow) },
  // A fleet whose machines get lost for a while, or have different Nodes.
  fleet: {
    command: 'npm run test:fleet --',
    files: () => [...filesIn('spec/fleet', '.spec.ts'), ...filesIn('spec/fleet/soak', '.ts')],
  },
  // The package in programs of others, those included for which npm has to fetch something.
  packages: {
    command: 'npm run test:packages --',
    files: () => [...filesIn('spec/packages', '.spec.ts'), ...filesIn('spec/packages/with-npm', '.ts')],
  },
};

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);
}

endWithNpm();
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      suite: { type: 'string', default: 'specs' },
      report: { type: 'string' },
      filter: { type: 'string', default: '' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 100_000)) },
      jobs: { type: 'string' },
      together: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      cpu: { type: 'boolean', default: false },
    },
  });
  const { filter, seed, together, verbose, cpu, report = values.suite } = values;
  const suite = suites[values.suite];
  if (suite === undefined) {
    throw new Error(`There is no suite "${values.suite}". There are ${Object.keys(suites).join(', ')}.`);
  }
  const chosen = positionals.map(named);
  const specification = new Specification({
    name: report,
    command: [suite.command, ...chosen, ...(together ? ['--together'] : [])].join(' '),
    commandOfFile: suite.command,
    seed,
    verbose,
    cpu,
  });
  const files = chosen.length > 0 ? chosen : suite.files();
  if (chosen.length === 0) {
    compileLibrary(); // Once, not in each process that finds it missing.
  }
  const jobs = values.jobs === undefined ? {} : { jobs: Number(values.jobs) };
  await runSpecs({ files, filter, seed, together, ...jobs }, specification);
  if (!specification.end()) {
    process.exitCode ||= 1;
  }
}

/** A spec file, as a path from the root of the project. */
function named(argument: string): string {
  const file = argument
    .replaceAll('\\', '/')
    .replace(fileURLToPath(root).replaceAll('\\', '/'), '')
    .replace(/^\.\//, '');
  if (!existsSync(new URL(file, root))) {
    throw new Error(`There is no spec file ${file}. Name it by its path from the root of the project.`);
  }
  if (browserOnly.some((files) => files.test(file))) {
    throw new Error(`${file} is for a browser alone: npm run specs:browser -- ${file}`);
  }
  return file;
}
