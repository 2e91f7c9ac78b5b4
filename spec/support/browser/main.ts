// Runs specs in a browser: npm run specs:browser [-- SPEC_FILE… --group=NAME --filter=REGEXP --seed=NUMBER --verbose]
import { parseArgs } from 'node:util';

import { endWithNpm } from '../group.mjs';
import { rules } from '../rules.ts';
import { Specification } from '../specification.ts';
import { TemporaryFolder } from '../temporary.ts';
import { findChromium } from './chromium.ts';
import { filesOfGroup, groups, nodeOnlyReason, type Group } from './groups.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    group: { type: 'string' },
    filter: { type: 'string', default: '' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 100_000)) },
    verbose: { type: 'boolean', default: false },
  },
});
const { filter, seed, verbose } = values;

// What random programs are made of.
const { PROOF_SEED = seed, PROOF_RUNS, PROOF_PATH } = process.env;
const environment = { PROOF_SEED, PROOF_RUNS, PROOF_PATH };

interface Job {
  readonly group: Group;
  readonly files: readonly string[];
}

/** The groups to run, each with the files that were asked for. */
function jobs(): Job[] {
  for (const file of positionals) {
    const reason = nodeOnlyReason(file);
    if (reason !== undefined) {
      throw new Error(`${file} is for Node alone: npm run specs -- ${file}\n${reason}`);
    }
  }
  const chosen = groups
    .filter(({ name }) => values.group === undefined || values.group === name)
    .map((group) => ({ group, files: filesOfGroup(group).filter(isChosen) }))
    .filter(({ files }) => files.length > 0);
  if (chosen.length === 0) {
    const names = groups.map(({ name }) => `"${name}"`).join(', ');
    throw new Error(
      `No spec file is that of a browser. Give paths from the root of the project, or one of the groups ${names}.`,
    );
  }
  return chosen;
}

function isChosen(file: string): boolean {
  return positionals.length === 0 || positionals.includes(file);
}

/** Whether everything has passed. */
async function passes({ group, files }: Job, program: string): Promise<boolean> {
  const name = `browser-${group.name.replaceAll(/\W+/g, '-')}`;
  console.log(`\nIn a browser: ${group.name}\n`);
  const command = `npm run specs:browser -- --group="${group.name}"`;
  const specification = new Specification({ name, command, seed, verbose });
  const voice = specification.voice();
  try {
    const { run } = await import('./run.ts'); // What bundles takes long to load.
    const env = { ...rules, seed };
    await run(group, voice.hear, { files, program, env, filter, environment });
  } catch (error) {
    specification.fail('The page', error instanceof Error ? error.message : String(error));
  }
  voice.end();
  return specification.end();
}

endWithNpm();
try {
  const todo = jobs();
  const program = findChromium();
  using temporary = new TemporaryFolder();
  Object.assign(process.env, temporary.variables); // For the browser.
  for (const job of todo) {
    if (!(await passes(job, program))) {
      process.exitCode = 1;
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
