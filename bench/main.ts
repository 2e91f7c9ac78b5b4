// Measures what the library costs, beside its peers: npm run bench -- --help
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { npm } from '../spec/support/nodes.mjs';
import { ADVICE, redisProgram } from '../spec/support/redis-program.ts';
import { parse, USAGE } from './options.ts';
import { questionNames, readQuestion, type Question } from './question.ts';
import { resultsOf, type Measured, type Results } from './results.ts';
import { measure } from './rounds.ts';
import { tableOf } from './table.ts';
import { outcomesOf, tableOfTargets } from './targets.ts';
import { write } from './write.ts';

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return;
  }
  const parsed = parse(args, questionNames());
  const against = parsed.against && pathToFileURL(`${resolve(parsed.against)}/`).href;
  const options = { ...parsed, against, python: hasTaskGroup() };
  const questions = withServer(await Promise.all(options.questions.map(readQuestion)));
  installPeers();

  const measured = await measure(questions, options);
  const found: Results[] = [];
  for (const question of questions) {
    const results = resultsOf(question, [...(measured.get(question) ?? []), ...(await compute(question))]);
    console.log(tableOf(results));
    write(question, results, options);
    found.push(results);
  }
  const outcomes = outcomesOf(found);
  if (outcomes.length > 0) {
    console.log(tableOfTargets(outcomes));
  }
}

/** Tells processes that measure where the program of the server is; without one, leaves out those that need it, and says so. */
function withServer(questions: readonly Question[]): readonly Question[] {
  const needing = questions.filter(({ server }) => server === true);
  const program = needing.length > 0 ? redisProgram() : undefined;
  process.env['BENCH_REDIS'] = JSON.stringify(program ?? {});
  if (program !== undefined || needing.length === 0) {
    return questions;
  }
  console.error(`Not asked: ${needing.map(({ name }) => name).join(', ')}. ${ADVICE}`);
  return questions.filter((question) => !needing.includes(question));
}

/** Installs the peers if they are not there, or others than the lock file says. Without scripts: none needs its own. */
function installPeers(): void {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const lock = `${folder}package-lock.json`;
  const installed = `${folder}node_modules/.package-lock.json`;
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
    npm(['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']);
  }
}

/** Whether there is a Python that has it: 3.11 or later. */
function hasTaskGroup(): boolean {
  return spawnSync('python3', ['-c', 'from asyncio import TaskGroup'], { stdio: 'ignore' }).status === 0;
}

/** What needs no measuring. */
async function compute({ cases }: Question): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const [label, { compute: figures }] of Object.entries(cases)) {
    for (const [column, value] of Object.entries((await figures?.()) ?? {})) {
      measured.push({ label, size: 1, column, samples: [value] });
    }
  }
  return measured;
}

await main(process.argv.slice(2));
