import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Results, Row } from '../../bench/results.ts';
import { format, formatCount, formatRatio } from '../../bench/table.ts';
import type { Outcome } from '../../bench/targets.ts';

/** Where `npm run bench` writes to, from the root of the repository. */
export const folder = 'bench/results';

/** What people ask first; what is not here comes after it, by the alphabet. */
const FIRST = ['children', 'cancel', 'long-scope', 'leaves', 'memory', 'block-turn', 'threads'];

interface Found extends Results {
  readonly measured: { readonly processor?: string; readonly nodes: string; readonly rounds: number };
}

/** What was measured, as sections of the page about costs, with links from that: a chart and a table for each question. */
export function costs(root: string): string {
  const results = join(root, folder);
  const names = existsSync(results) ? readdirSync(results) : [];
  const questions = names.flatMap((name) => /^(?!targets\.)(.+)\.json$/.exec(name)?.[1] ?? []);
  if (questions.length === 0) {
    return '\n## What was measured\n\nNothing yet: there are no results beside this copy of the sources.\n';
  }
  const read = (name: string): unknown => JSON.parse(readFileSync(join(results, `${name}.json`), 'utf8'));
  const sections = questions
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((name) => ({ found: read(name) as Found, hasChart: names.includes(`${name}.svg`) }))
    .filter(({ found }) => found.rows.length > 0)
    .map(({ found, hasChart }) => sectionOf(found, hasChart));
  const targets = names.includes('targets.json')
    ? [sectionOfTargets((read('targets') as { targets: Outcome[] }).targets)]
    : [];
  return ['', ...sections, ...targets].join('\n');
}

function rank(question: string): number {
  const place = FIRST.indexOf(question);
  return place === -1 ? FIRST.length : place;
}

function sectionOf(found: Found, hasChart: boolean): string {
  const { question, title, unit, base, rows, limits } = found;
  const columns = [...new Set(rows.map(({ column }) => column))];
  const sizes = [...new Set(rows.map(({ size }) => size))];
  const many = sizes.length > 1;
  const lines = sizes.flatMap((size) => {
    const those = rows.filter((row) => row.size === size);
    return [...new Set(those.map((row) => row.case))].map((name) => [
      `${escape(name)}${name === base ? ' = 1' : ''}`,
      ...(many ? [formatCount(size)] : []),
      ...columns.map((column) => cellOf(those.find((row) => row.case === name && row.column === column))),
    ]);
  });
  const chart = hasChart ? `![${escape(title)}, as a chart](../../${folder}/${question}.svg)\n\n` : '';
  const notes = limits
    .filter(({ most }) => sizes.some((size) => size > most))
    .map(
      ({ case: name, most, why }) =>
        `- ${escape(name)}: up to ${formatCount(most)}, since it ${escape(why)}.\n`,
    );
  const head = ['', ...(many ? ['how many'] : []), ...columns.map(escape)];
  return `## ${escape(title)}

${chart}In ${escape(unit)}: the median, the least and the most, the ratio to ${escape(base)}.

${table(head, lines)}
${notes.join('')}${notes.length > 0 ? '\n' : ''}${circumstances(found)}
`;
}

function circumstances({ measured: { processor, nodes, rounds } }: Found): string {
  return `${escape(nodes)}, ${rounds} rounds${processor === undefined ? '' : `, on ${escape(processor)}`}.`;
}

function cellOf(row: Row | undefined): string {
  if (row === undefined) {
    return '–';
  }
  const { median, min, max, samples, ratio } = row;
  const figure = (value: number): string => (value >= 1000 ? formatCount(Math.round(value)) : format(value));
  const spread = samples > 1 ? ` (${figure(min)}–${figure(max)})` : '';
  return `${figure(median)}${spread} ${formatRatio(ratio)}`.trimEnd();
}

function sectionOfTargets(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ target, limit, column, measured, met }) => [
    escape(target),
    escape(column),
    limit,
    format(measured),
    met ? 'yes' : '**no**',
  ]);
  return `## What it aims at\n\n${table(['', '', 'target', 'measured', 'met'], lines)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const kinds = head.map((_, index) => (index === 0 ? '---' : '--:'));
  return [head, kinds, ...rows].map(line).join('');
}

/** What would be markup in a name is none. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|@#]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
