import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { Options } from './options.ts';
import type { Case, Question } from './question.ts';

/** One sample to take. */
export interface Job {
  readonly question: Question;
  /** The case, by its name, and as it is called in the table. */
  readonly case: string;
  readonly label: string;
  readonly size: number;
  /** The version of Node. */
  readonly node: string;
  /** Another build of the library to measure. */
  readonly library: string | undefined;
}

/** The samples of one round, each once or as often as its question wants. */
export function jobsOf(questions: readonly Question[], options: Options): Job[] {
  return questions
    .filter(({ kind }) => kind !== 'size')
    .flatMap((question) =>
      sizesOf(question, options).flatMap((size) =>
        casesOf(question, size, options).flatMap(([name, { own, python }]) => {
          const nodes = python === undefined ? options.nodes : options.nodes.slice(0, 1);
          const jobs = nodes.map((node) => ({
            question,
            case: name,
            label: name,
            size,
            node,
            library: undefined,
          }));
          const { against } = options;
          const others =
            own === true && against !== undefined
              ? jobs.map((job) => ({ ...job, label: `${name} (against)`, library: against }))
              : [];
          const once = [...jobs, ...others];
          return Array.from(
            { length: options.quick ? 1 : (question.samplesPerRound ?? 1) },
            () => once,
          ).flat();
        }),
      ),
    );
}

function sizesOf(question: Question, options: Options): readonly number[] {
  const { sizes = [1], quickSizes = sizes } = question;
  return (sizes.length > 1 ? options.sizes : undefined) ?? (options.quick ? quickSizes : sizes);
}

function casesOf(question: Question, size: number, { only, python: hasPython }: Options): [string, Case][] {
  return Object.entries(question.cases).filter(
    ([name, { most = Infinity, python }]) =>
      size <= most &&
      (python === undefined || hasPython) &&
      (only === undefined || name.includes(only) || name === question.base),
  );
}

const run = promisify(execFile);
const measure = fileURLToPath(new URL('measure.mjs', import.meta.url));
const taskGroup = fileURLToPath(new URL('taskgroup.py', import.meta.url));

/** Beyond this, a process is killed, and there is no sample. */
const MOST_MS = 120_000;

/** Takes a sample in a process of its own. */
export async function take(
  job: Job,
  program: string,
  { clock, warmMs, measureMs }: Options,
): Promise<number> {
  const { question, size, library } = job;
  const { python } = question.cases[job.case] ?? {};
  const times = [size, clock, warmMs, measureMs].map(String);
  // Without what is set for this process, so that all of them run alike.
  const env = {
    ...process.env,
    ['NODE_OPTIONS']: '',
    ...(library !== undefined && { ['ASYNC_TAMER']: library }),
  };
  const { stdout } = await run(
    python === undefined ? program : 'python3',
    python === undefined
      ? ['--expose-gc', measure, question.name, job.case, ...times]
      : [taskGroup, python, ...times],
    { timeout: MOST_MS, env },
  );
  const value = Number(stdout);
  if (stdout === '' || Number.isNaN(value)) {
    throw new Error(`${question.name}, ${job.case}, printed no number: ${stdout}`);
  }
  return value;
}
