import { parseArgs } from 'node:util';

/** What a run shall measure. */
export interface Options {
  readonly questions: readonly string[];
  /** Major versions of Node. */
  readonly nodes: readonly string[];
  /** Instead of a question's own. */
  readonly sizes: readonly number[] | undefined;
  /** Only cases whose name contains this; what ratios are to is measured all the same. */
  readonly only: string | undefined;
  readonly rounds: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** What is measured: the time that a process computes, or the time that passes. */
  readonly clock: 'cpu' | 'wall';
  readonly quick: boolean;
  /** All is measured as it is without options, but perhaps not every question. */
  readonly standard: boolean;
  /** There is a Python with asyncio.TaskGroup. */
  readonly python: boolean;
  /** When it ends, though not all is measured: ms after its start. */
  readonly mostMs: number;
  /** Another build of this library, to be measured beside this one. */
  readonly against: string | undefined;
}

export const USAGE = `npm run bench -- [QUESTION…] [OPTION…]

  --quick              fewer sizes and rounds, the installed Node: under two minutes
  --nodes 20,24        versions of Node; default: the installed one and 24
  --sizes 1000,100000  how many; default: each question's own
  --rounds 9           samples of each case, each in a fresh process; default: 5, or 2 with --quick
  --only TEXT          only cases whose name contains it
  --clock wall         the time that passes; default: cpu, what a process computes, whatever else the machine does
  --against DIST       another build of this library, to be measured beside this one

Without options, what was found goes to bench/results, and with some to reports/bench: JSON and charts.
`;

/** Throws an error that says what can be given. */
export function parse(args: readonly string[], known: readonly string[]): Omit<Options, 'python'> {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    tokens: true,
    options: {
      quick: { type: 'boolean', default: false },
      nodes: { type: 'string' },
      sizes: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string' },
      against: { type: 'string' },
      clock: { type: 'string', default: 'cpu' },
    },
  });
  const { quick, clock } = values;
  if (clock !== 'cpu' && clock !== 'wall') {
    throw new RangeError(`There is no clock "${clock}". There are: cpu, wall.`);
  }
  for (const name of positionals) {
    if (!known.includes(name)) {
      throw new RangeError(`There is no question "${name}". There are: ${known.join(', ')}.`);
    }
  }
  const installed = String(parseInt(process.versions.node));
  const all = quick ? [installed] : [...new Set([installed, '24'])];
  return {
    questions: positionals.length > 0 ? positionals : known,
    nodes: values.nodes?.split(',') ?? all,
    sizes: values.sizes?.split(',').map(count),
    only: values.only,
    rounds: count(values.rounds ?? (quick ? '2' : '5')),
    warmMs: quick ? 50 : 300,
    measureMs: quick ? 50 : 300,
    clock,
    quick,
    standard: tokens.every(({ kind }) => kind !== 'option'),
    mostMs: quick ? 90_000 : Infinity,
    against: values.against,
  };
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new RangeError(`"${text}" is no number of anything. Give a whole number from 1 on.`);
  }
  return number;
}
