// Measures what the library costs, beside its peers: npm run bench -- --help
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { npm, programOf } from '../spec/support/nodes.mjs';
import { parse, USAGE, type Options } from './options.ts';
import { questionNames, readQuestion, type Question } from './question.ts';
import { resultsOf, type Measured, type Results } from './results.ts';
import { jobsOf, take, type Job } from './sample.ts';
import { tableOf } from './table.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Installs the peers if they are not there, or others than the lock file says. Without scripts: none needs its own. */
function installPeers(): void {
  const lock = `${folder}package-lock.json`;
  const installed = `${folder}node_modules/.package-lock.json`;
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
    npm(['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']);
  }
}

/** Takes every sample of every round; those of a round in the same order, begun at another one each time. */
async function measureAll(
  questions: readonly Question[],
  options: Options,
): Promise<Map<Question, Measured[]>> {
  const programs = new Map(options.nodes.map((node) => [node, programOf(node)]));
  const jobs = jobsOf(questions, options);
  const samples = new Map<string, { job: Job; values: number[] }>();
  const failed = new Set<string>();
  const end = performance.now() + options.mostMs;
  for (let round = 0; round < options.rounds; round++) {
    const first = Math.floor((round * jobs.length) / options.rounds);
    for (const [index, job] of [...jobs.slice(first), ...jobs.slice(0, first)].entries()) {
      const key = [job.question.name, job.label, job.size, job.node].join('|');
      if (!failed.has(key) && performance.now() < end) {
        progress(`round ${round + 1} of ${options.rounds}, ${index + 1} of ${jobs.length}: ${key}`);
        try {
          const value = await take(job, programs.get(job.node) ?? '', options);
          samples.set(key, { job, values: [...(samples.get(key)?.values ?? []), value] });
        } catch (error) {
          failed.add(key);
          progress(`${key} failed: ${String(error)}\n`);
        }
      }
    }
  }
  progress('');
  const found = new Map<Question, Measured[]>(questions.map((question) => [question, []]));
  for (const { job, values } of samples.values()) {
    const { question, label, size } = job;
    const nodes = question.cases[job.case]?.python === undefined ? [job.node] : options.nodes;
    nodes.forEach((node) =>
      found.get(question)?.push({ label, size, column: `Node ${node}`, samples: values }),
    );
  }
  return found;
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

function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${text}`);
  } else if (text.endsWith('\n')) {
    process.stderr.write(text);
  }
}

function write(results: Results, quick: boolean): void {
  const target = quick ? resolve(folder, '../reports/bench') : `${folder}results`;
  mkdirSync(target, { recursive: true });
  writeFileSync(`${target}/${results.question}.json`, `${JSON.stringify(results, undefined, 2)}\n`);
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return;
  }
  const parsed = parse(args, questionNames());
  const options = {
    ...parsed,
    against: parsed.against && pathToFileURL(resolve(parsed.against, 'index.js')).href,
  };
  const questions = await Promise.all(options.questions.map(readQuestion));
  installPeers();
  const found = await measureAll(questions, options);
  for (const question of questions) {
    const measured = question.kind === 'size' ? await compute(question) : (found.get(question) ?? []);
    const results = resultsOf(question, measured);
    console.log(tableOf(results));
    write(results, options.quick);
  }
}

await main(process.argv.slice(2));
