import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

import { programOf } from '../spec/support/nodes.mjs';
import { chartOf } from './chart.ts';
import type { Options } from './options.ts';
import type { Question } from './question.ts';
import type { Results } from './results.ts';
import { outcomesOf } from './targets.ts';

const results = new URL('results/', import.meta.url);
const reports = new URL('../reports/bench/', import.meta.url);

/**
 * Writes what was found, as JSON and as a chart. Into `results`, which is what the README shows, only if all was measured as
 * it is without options.
 */
export function write(question: Question, found: Results, options: Options): void {
  const folder = options.standard ? results : reports;
  mkdirSync(folder, { recursive: true });
  writeJson(new URL(`${question.name}.json`, folder), { ...found, measured: circumstances(options) });
  const { chartSize = 1, cases } = question;
  const own = (name: string): boolean => cases[name.replace(/ \(against\)$/, '')]?.own === true;
  if (found.rows.some(({ size }) => size === chartSize)) {
    writeFileSync(new URL(`${question.name}.svg`, folder), chartOf(found, chartSize, own));
  }
  if (options.standard) {
    writeJson(new URL('targets.json', results), { targets: outcomesOf(allResults()) });
  }
}

/** Those of this run, and of earlier ones that asked other questions. */
function allResults(): Results[] {
  return readdirSync(results)
    .filter((name) => name.endsWith('.json') && name !== 'targets.json')
    .map((name) => JSON.parse(readFileSync(new URL(name, results), 'utf8')) as Results);
}

function circumstances({ nodes, clock, rounds }: Options): object {
  const versions = nodes.map((node) =>
    execFileSync(programOf(node), ['--version'], { encoding: 'utf8' }).trim(),
  );
  const [cpu] = cpus();
  return {
    processor: cpu?.model.trim(),
    processors: cpus().length,
    nodes: versions.join(', '),
    clock,
    rounds,
  };
}

function writeJson(file: URL, content: object): void {
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}
