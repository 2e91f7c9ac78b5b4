// A reporter: prints the specification as it is run, then what failed and why; leaves the counts for .ci/run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';

type Color = 'green' | 'red' | 'yellow' | 'gray';
type Status = keyof typeof marks;

const marks = {
  passed: { sign: '✓', color: 'green' },
  failed: { sign: '✗', color: 'red' },
  pending: { sign: '–', color: 'yellow' },
  notApplicable: { sign: '–', color: 'gray' },
} as const;
const slow = 250; // ms; from there on the time is printed
const reports = new URL('../../reports/', import.meta.url);
const colors = process.stdout.isTTY && !process.env['NO_COLOR'];

interface Problem {
  readonly message: string;
  readonly stack?: string | undefined;
}

interface Failure {
  readonly fullName: string;
  readonly failedExpectations: readonly Problem[];
  readonly debugLogs?: jasmine.SpecResult['debugLogs'];
}

/** Which specs are run. */
export interface Runner {
  /** Names the report. */
  readonly name: string;
  /** The command that runs them. */
  readonly command: string;
}

export class Specification {
  readonly #runner: Runner;
  readonly #counts = { passed: 0, failed: 0, pending: 0, notApplicable: 0 };
  readonly #failures: Failure[] = [];
  readonly #suites: string[] = []; // the suites around the current spec, outermost first
  #printed = 0; // how many of them stand in the output: one without a spec to run is not worth a line

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  suiteStarted({ description }: jasmine.SuiteResult): void {
    this.#suites.push(description);
  }

  specDone(spec: jasmine.SpecResult): void {
    if (!(spec.status in marks)) {
      return; // excluded by a filter or a focus
    }
    const status = spec.status as Status; // So says the line above.
    this.#counts[status] += 1;
    if (status === 'failed') {
      this.#failures.push(spec);
    }

    for (; this.#printed < this.#suites.length; this.#printed += 1) {
      print(this.#printed, this.#suites[this.#printed]!);
    }
    const reason = spec.pendingReason || spec.notApplicableReason;
    const duration = spec.duration ?? 0;
    const details = [reason, duration >= slow ? `${duration} ms` : ''].filter(Boolean);
    const suffix = details.length > 0 ? paint('gray', ` (${details.join(', ')})`) : '';
    const { sign, color } = marks[status];
    print(this.#suites.length, `${paint(color, sign)} ${spec.description}${suffix}`);
  }

  suiteDone(suite: jasmine.SuiteResult): void {
    this.#suites.pop();
    this.#printed = Math.min(this.#printed, this.#suites.length);
    this.#outside(suite.failedExpectations, `around "${suite.fullName}"`);
  }

  jasmineDone(run: Partial<jasmine.JasmineDoneInfo>): void {
    this.#outside(run.failedExpectations ?? [], 'outside of any spec');
    this.#failures.forEach((failure, index) => printFailure(index + 1, failure));

    const { passed, failed, pending, notApplicable } = this.#counts;
    const skipped = pending + notApplicable;
    print(0, `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} not run` : ''}`);
    if (run.overallStatus === 'incomplete') {
      print(0, paint('red', `Incomplete: ${run.incompleteReason ?? ''}`));
    }
    if (run.order?.random) {
      print(0, paint('gray', `In this order again: ${this.#runner.command} --seed=${run.order.seed}`));
    }

    mkdirSync(reports, { recursive: true });
    const report = new URL(`${this.#runner.name}.json`, reports);
    writeFileSync(report, JSON.stringify({ passed, failed, skipped, status: run.overallStatus }));
  }

  // What fails in beforeAll or afterAll, while a file is loaded, or after its spec has ended.
  #outside(failedExpectations: readonly Problem[], where: string): void {
    if (failedExpectations.length > 0) {
      this.#counts.failed += 1;
      this.#failures.push({ fullName: where, failedExpectations });
    }
  }
}

function printFailure(number: number, { fullName, failedExpectations, debugLogs }: Failure): void {
  print(0, `\n${number}) ${fullName}`);
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
}

function print(depth: number, text: string): void {
  process.stdout.write(`${text.replaceAll(/^(?=.)/gm, '  '.repeat(depth))}\n`);
}

function paint(color: Color, text: string): string {
  return colors ? styleText(color, text) : text;
}
