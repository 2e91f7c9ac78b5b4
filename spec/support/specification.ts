// Prints how specs are run, then the slowest, then what failed, why, and what runs that again; leaves the counts for .ci/run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';

import type { Message, Told } from './told.ts';

type Color = 'green' | 'red' | 'yellow' | 'gray';
type Status = keyof typeof marks;

const marks = {
  passed: { sign: '✓', dot: '.', color: 'green' },
  failed: { sign: '✗', dot: '✗', color: 'red' },
  pending: { sign: '–', dot: '–', color: 'yellow' },
  notApplicable: { sign: '–', dot: '–', color: 'gray' },
} as const;
const dotsInALine = 100;
const slow = 250; // ms; from there on the time is printed
const slowest = 10; // how many of them are named at the end
const reports = new URL('../../reports/', import.meta.url);
const colors = process.stdout.isTTY && !process.env['NO_COLOR'];

/** Which specs are run, and how that is printed. */
export interface Runner {
  /** Names the report; if it is empty, there is none. */
  readonly name: string;
  /** The command that runs them. */
  readonly command: string;
  /** The command that runs a file, if that is added to it. Default: the same. */
  readonly commandOfFile?: string;
  /** What orders them. */
  readonly seed: string;
  /** Whether the sentences are printed, or a dot for each. */
  readonly verbose: boolean;
  /** Whether it is printed how long the processor has worked for each file. */
  readonly cpu?: boolean;
}

/** What tells, a process or a page; and of which spec file, if it knows. */
export interface Voice {
  hear(message: Message, file?: string): void;
  /** It has ended. */
  end(): void;
}

interface Failure {
  readonly name: string;
  readonly again: string;
  readonly failedExpectations: NonNullable<Told['failedExpectations']>;
  readonly debugLogs?: Told['debugLogs'];
}

interface Timed {
  readonly name: string;
  readonly ms: number;
}

/** The words for one run; several processes may tell at the same time. */
export class Specification {
  readonly #runner: Runner;
  readonly #counts = { passed: 0, failed: 0, pending: 0, notApplicable: 0 };
  readonly #failures: Failure[] = [];
  readonly #incomplete = new Set<string>();
  readonly #timed: Timed[] = []; // the slowest until now
  readonly #cpuMs = new Map<string, number>(); // by file
  #dots = 0; // in the line that is being printed

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  /** For what tells next. What it says of a suite is printed when the suite is done, since others talk meanwhile. */
  voice(): Voice {
    const suites: string[] = []; // around the current spec, outermost first
    let printed = 0; // how many of them stand in the text: one without a spec to run is not worth a line
    let text = '';
    const flush = (): void => {
      if (this.#runner.verbose) {
        process.stdout.write(text);
      }
      text = '';
    };
    const hear = ({ method, argument }: Message, file?: string): void => {
      const told = argument as Told; // Which the method says.
      if (method === 'suiteStarted') {
        suites.push(told.description ?? '');
      } else if (method === 'specDone' && told.status !== undefined && told.status in marks) {
        for (; printed < suites.length; printed += 1) {
          text += line(printed, suites[printed]!);
        }
        text += this.#spec(told, suites.length, file);
      } else if (method === 'suiteDone') {
        suites.pop();
        printed = Math.min(printed, suites.length);
        this.#outside(told, `around "${told.fullName ?? ''}"`, file);
      } else if (method === 'jasmineDone') {
        this.#outside(told, 'outside of any spec', file);
        if (told.overallStatus === 'incomplete') {
          this.#incomplete.add(told.incompleteReason ?? '');
        }
      }
      if (suites.length === 0) {
        flush();
      }
    };
    return { hear, end: flush };
  }

  /** Something that is no spec has failed, with files that ran in one process. */
  fail(name: string, message: string, files: readonly string[] = []): void {
    const together = files.length > 1 ? ['--together'] : [];
    this.#outside({ failedExpectations: [{ message }] }, name, [...files, ...together].join(' '));
  }

  /** So long the processor has worked for a spec file, or for none. */
  spent(ms: number, file = 'between files'): void {
    this.#cpuMs.set(file, (this.#cpuMs.get(file) ?? 0) + ms);
  }

  /** Prints what there is to say at the end. Returns whether all is well. */
  end(): boolean {
    this.#breakLine();
    this.#printSlowest();
    if (this.#runner.cpu === true) {
      this.#printCpu();
    }
    this.#failures.forEach((failure, index) => printFailure(index + 1, failure));
    const { passed, failed, pending, notApplicable } = this.#counts;
    const skipped = pending + notApplicable;
    if (passed + failed + skipped === 0) {
      this.#incomplete.add('No specs found');
    }
    print(0, `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} not run` : ''}`);
    for (const reason of this.#incomplete) {
      print(0, paint('red', `Incomplete: ${reason}`));
    }
    const { command, seed, name } = this.#runner;
    print(0, paint('gray', `In this order again: ${command} --seed=${seed}`));

    const well = failed === 0 && this.#incomplete.size === 0;
    const status = well ? 'passed' : 'failed';
    if (name !== '') {
      mkdirSync(reports, { recursive: true });
      writeFileSync(new URL(`${name}.json`, reports), JSON.stringify({ passed, failed, skipped, status }));
    }
    return well;
  }

  #spec(told: Told, depth: number, file: string | undefined): string {
    const status = told.status as Status; // So says who calls this.
    const { sign, dot, color } = marks[status];
    const ms = told.duration ?? 0;
    const name = told.fullName ?? '';
    this.#counts[status] += 1;
    this.#timed.push({ name, ms });
    this.#timed.sort((one, other) => other.ms - one.ms).splice(slowest);
    if (status === 'failed') {
      this.#failures.push({
        name,
        again: this.#again(file, name),
        failedExpectations: told.failedExpectations ?? [],
        debugLogs: told.debugLogs,
      });
    }
    if (!this.#runner.verbose) {
      this.#dot(paint(color, dot));
    }
    const details = [told.pendingReason || told.notApplicableReason, ms >= slow ? `${ms} ms` : ''];
    const said = details.filter(Boolean).join(', ');
    const suffix = said === '' ? '' : paint('gray', ` (${said})`);
    return line(depth, `${paint(color, sign)} ${told.description ?? ''}${suffix}`);
  }

  // What fails in beforeAll or afterAll, while a file is loaded, or after its spec has ended.
  #outside({ failedExpectations = [] }: Told, name: string, file: string | undefined): void {
    if (failedExpectations.length > 0) {
      this.#counts.failed += 1;
      this.#failures.push({ name, again: this.#again(file), failedExpectations });
    }
  }

  /** The line that runs it again. */
  #again(file: string | undefined, name?: string): string {
    const { command, commandOfFile, seed } = this.#runner;
    // No letter that a shell or a regular expression takes for something else.
    const filter =
      name === undefined
        ? ''
        : `--filter="^${name.replaceAll(/[^\w\s,:;=@~-]/g, '.').replaceAll(/[^\S ]/g, '[^]')}$"`;
    const runs = file === undefined ? [command] : [commandOfFile ?? command, file];
    return [...runs, filter, `--seed=${seed}`].filter((part) => part !== '').join(' ');
  }

  #dot(dot: string): void {
    process.stdout.write(dot);
    this.#dots += 1;
    if (this.#dots === dotsInALine) {
      this.#breakLine();
    }
  }

  #breakLine(): void {
    if (this.#dots > 0) {
      process.stdout.write('\n');
    }
    this.#dots = 0;
  }

  #printSlowest(): void {
    const slower = this.#timed.filter(({ ms }) => ms >= slow);
    if (slower.length > 1) {
      print(0, `\nThe slowest:`);
    }
    for (const { name, ms } of slower.length > 1 ? slower : []) {
      print(1, `${(ms / 1000).toFixed(1)} s  ${name}`);
    }
  }

  #printCpu(): void {
    const files = [...this.#cpuMs].sort(([, one], [, other]) => other - one);
    const sum = files.reduce((total, [, ms]) => total + ms, 0);
    print(0, '\nSeconds of CPU, children included:');
    for (const [file, ms] of [...files, ['all files', sum] as const]) {
      print(1, `${seconds(ms)}  ${file}`);
    }
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(5)} s`;
}

function printFailure(number: number, { name, again, failedExpectations, debugLogs }: Failure): void {
  print(0, `\n${number}) ${name}`);
  for (const { message, stack } of failedExpectations) {
    print(1, paint('red', message));
    if (stack) {
      print(1, paint('gray', stack));
    }
  }
  // Jasmine describes every failure but this one.
  if (failedExpectations.length === 0) {
    print(1, paint('red', 'The spec has no expectations.'));
  }
  for (const { timestamp, message } of debugLogs ?? []) {
    print(1, `${timestamp} ms: ${String(message)}`);
  }
  print(1, again);
}

function print(depth: number, text: string): void {
  process.stdout.write(line(depth, text));
}

function line(depth: number, text: string): string {
  return `${text.replaceAll(/^(?=.)/gm, '  '.repeat(depth))}\n`;
}

function paint(color: Color, text: string): string {
  return colors ? styleText(color, text) : text;
}
