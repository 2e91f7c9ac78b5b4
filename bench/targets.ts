import { rowOf, type Results } from './results.ts';
import { format, formatCount, table } from './table.ts';

/** What shall be true of the medians of one run. */
interface Target {
  readonly text: string;
  readonly question: string;
  /** The case that costs least of these, with so many… */
  readonly of: readonly string[];
  readonly size?: number;
  /** …by the one that costs least of these, with so many. Default: the figure itself, and the same size. */
  readonly by?: readonly string[];
  readonly bySize?: number;
  /** What a figure is multiplied by. Default: 1. */
  readonly times?: number;
  readonly most?: number;
  readonly least?: number;
  /** Only in this column. */
  readonly column?: string;
}

const EFFECT = ['Effect fibre', 'Effect.forEach'];
const BLOCK = 'async-tamer block()';

/** A child's cost among a million by that among ten thousand. */
function flat(kind: string): Target {
  const text = `${kind}: one of ${formatCount(1_000_000)} by one of ${formatCount(10_000)}`;
  return { text, question: 'children', of: [kind], size: 1_000_000, by: [kind], bySize: 10_000, most: 1.5 };
}

/** What its peers cost among 100 000, by what it costs. */
function ahead(kind: string): Target[] {
  const children = { question: 'children', by: [kind], size: 100_000 };
  return [
    { ...children, text: `Effect's fibre by ${kind}`, of: EFFECT, least: 1.5 },
    { ...children, text: `Effection's spawn by ${kind}`, of: ['Effection spawn'], least: 20 },
    { ...children, text: `RxJS mergeMap by ${kind}`, of: ['RxJS mergeMap'], least: 20 },
  ];
}

function pMap(kind: string, most: number, column?: string): Target {
  const text = `${kind} by p-map's job`;
  const children = { question: 'children', of: [kind], by: ['p-map'], size: 100_000 };
  return { ...children, text, most, ...(column !== undefined && { column }) };
}

/** Three children in a scope, by those of somebody else. */
function scopeOfThree(whose: string, by: readonly string[], most: number): Target {
  const of = ['AsyncScope, coroutines'];
  return { text: `a scope of three by ${whose}`, question: 'scope-of-three', of, by, size: 10_000, most };
}

/** What a scope costs among 100 000 that are open, by what it costs among 1 000. */
function flatScope(kind: string): Target {
  const text = `${kind}: one of ${formatCount(100_000)} by one of ${formatCount(1_000)}`;
  return { text, question: 'open-scopes', of: [kind], size: 100_000, by: [kind], bySize: 1_000, most: 1.5 };
}

/** A row that goes through eight places, by one of p-map. */
function row(by: string, column?: string): Target {
  const text = `a row of concurrently() by one of ${by}`;
  const rows = { question: 'concurrently', of: ['concurrently'], by: [by], size: 1_000_000, most: 1 };
  return { ...rows, text, ...(column !== undefined && { column }) };
}

const targets: readonly Target[] = [
  flat('coroutine'),
  flat('async function'),
  flat('Observable'),
  pMap('coroutine', 3),
  pMap('async function', 4, 'Node 20'),
  pMap('async function', 2.5, 'Node 24'),
  ...ahead('coroutine'),
  ...ahead('async function'),
  { text: 'bytes of a waiting coroutine', question: 'memory', of: ['coroutine'], size: 100_000, most: 600 },
  {
    text: "cancelling a coroutine by interrupting Effect's fibre",
    question: 'cancel',
    of: ['coroutine'],
    by: ['Effect fibre'],
    size: 10_000,
    most: 1,
  },
  {
    text: 'a child while somebody watches events$ by one while nobody does',
    question: 'events',
    of: ['events$'],
    by: ['unwatched'],
    size: 10_000,
    most: 2,
  },
  {
    text: "an empty scope by Effect's",
    question: 'scope',
    of: ['AsyncScope'],
    by: ['Effect.scoped'],
    size: 10_000,
    most: 1,
  },
  scopeOfThree("Effect's", ['Effect.scoped', 'Effect.scoped, all in one fibre'], 0.5),
  scopeOfThree('Promise.all', ['Promise.all'], 5),
  { text: 'bytes of an idle scope', question: 'idle-scope', of: ['AsyncScope'], size: 10_000, most: 250 },
  {
    text: 'a run inside another by Effect.scoped inside another',
    question: 'depth',
    of: ['AsyncScope.run'],
    by: ['Effect.scoped'],
    size: 1_000,
    most: 1,
  },
  row('p-map'),
  row('p-map, beside an AsyncLocalStorage', 'Node 20'),
  {
    text: `what ${formatCount(1_000_000)} rows of concurrently() hold by what ${formatCount(10_000)} do`,
    question: 'concurrently-memory',
    of: ['concurrently'],
    size: 1_000_000,
    by: ['concurrently'],
    bySize: 10_000,
    most: 1.5,
  },
  ...['AsyncScope', 'AsyncScope, nested in one', 'AsyncScope, each nested in the one before'].map(flatScope),
  {
    text: 'ten leaves by the better of gensync and quansync',
    question: 'leaves',
    of: [BLOCK],
    by: ['gensync', 'quansync'],
    size: 10_000,
    most: 0.75,
  },
  {
    text: 'a turn by a bare turn of the addon',
    question: 'block-turn',
    of: [BLOCK],
    by: ['bare addon'],
    size: 10_000,
    most: 1.5,
  },
  {
    text: 'bytes of the core, minified and compressed',
    question: 'size',
    of: ['everything'],
    most: 7000,
    column: 'brotli',
  },
  {
    text: 'an import by that of RxJS alone',
    question: 'import',
    of: ['async-tamer, with rxjs'],
    by: ['rxjs'],
    most: 1.15,
  },
];

const SANDBOX = ["BullMQ's sandbox"];
const TWO = { question: 'fleet-two', size: 40 };

const targetsOfFleet: readonly Target[] = [
  {
    text: "an empty call on a fleet by BullMQ's sandbox",
    question: 'fleet-call',
    of: ['async-tamer'],
    by: SANDBOX,
    size: 2_000,
    most: 1.5,
  },
  {
    text: "10 ms of work on a fleet by BullMQ's sandbox",
    question: 'fleet-work',
    of: ['async-tamer'],
    by: SANDBOX,
    size: 300,
    most: 1.1,
  },
  { ...TWO, text: 'waiting, on two workers by one', of: ['waiting 10 ms'], least: 1.8 },
  {
    ...TWO,
    text: 'what two workers gain by what two processes gain',
    of: ['computing, by what two processes without a queue gain'],
    least: 0.9,
  },
  {
    text: `seconds to cancel ${formatCount(5_000)} queued calls`,
    question: 'fleet-cancel',
    of: ['async-tamer'],
    size: 5_000,
    times: 5_000 / 1e6,
    most: 2,
  },
  {
    text: `seconds for a stream of ${formatCount(20_000)} values`,
    question: 'fleet-stream',
    of: ['from another process, by a fleet'],
    size: 20_000,
    times: 20_000 / 1e6,
    most: 2,
  },
];

/** A target in one column, and what was measured. */
export interface Outcome {
  readonly target: string;
  readonly limit: string;
  readonly column: string;
  readonly measured: number;
  readonly met: boolean;
}

/** Of all targets that this run has measured. */
export function outcomesOf(found: readonly Results[]): Outcome[] {
  return [...targets, ...targetsOfFleet].flatMap((target) =>
    found
      .filter(({ question }) => question === target.question)
      .flatMap((results) =>
        columnsOf(results, target).flatMap((column) => outcomeOf(target, results, column)),
      ),
  );
}

function columnsOf({ rows }: Results, { column: only }: Target): string[] {
  return [...new Set(rows.map(({ column }) => column))].filter(
    (column) => only === undefined || column === only,
  );
}

function outcomeOf(target: Target, results: Results, column: string): Outcome[] {
  const { text, of, size = 1, by, bySize = size, times = 1, most = Infinity, least = 0 } = target;
  const cost = lowest(results, of, size, column);
  const other = by === undefined ? 1 : lowest(results, by, bySize, column);
  const measured = (cost / other) * times;
  const limit = target.most === undefined ? `at least ${least}` : `at most ${most}`;
  return Number.isFinite(cost) && Number.isFinite(other)
    ? [{ target: text, limit, column, measured, met: measured <= most && measured >= least }]
    : [];
}

/** The lowest median; infinite if none was measured. */
function lowest(results: Results, cases: readonly string[], size: number, column: string): number {
  return Math.min(...cases.map((name) => rowOf(results, name, size, column)?.median ?? Infinity));
}

/** A line for each target; each column with what was measured, and whether that will do. */
export function tableOfTargets(outcomes: readonly Outcome[]): string {
  const columns = [...new Set(outcomes.map(({ column }) => column))];
  const names = [...new Set(outcomes.map(({ target, limit }) => `${target}|${limit}`))];
  const lines = names.map((name) => {
    const own = outcomes.filter(({ target, limit }) => `${target}|${limit}` === name);
    const cells = columns.flatMap((column) => {
      const outcome = own.find((each) => each.column === column);
      return outcome === undefined ? ['', ''] : [format(outcome.measured), outcome.met ? 'met' : 'NOT MET'];
    });
    return [...name.split('|'), ...cells];
  });
  return `Targets\n\n${table([['', '', ...columns.flatMap((column) => [column, ''])], ...lines])}`;
}
