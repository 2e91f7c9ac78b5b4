// A reporter: prints the specification as it is run, then what failed and why; leaves the counts for .ci/run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';

const marks = {
  passed: { sign: '✓', color: 'green' },
  failed: { sign: '✗', color: 'red' },
  pending: { sign: '–', color: 'yellow' },
  notApplicable: { sign: '–', color: 'gray' },
};
const slow = 250; // ms; from there on the time is printed
const report = new URL('../../reports/jasmine.json', import.meta.url);
const colors = process.stdout.isTTY && !process.env['NO_COLOR'];

export class Specification {
  #counts = { passed: 0, failed: 0, pending: 0, notApplicable: 0 };
  #failures = [];
  #suites = []; // the suites around the current spec, outermost first
  #printed = 0; // how many of them stand in the output: one without a spec to run is not worth a line

  suiteStarted({ description }) {
    this.#suites.push(description);
  }

  specDone(spec) {
    const mark = marks[spec.status];
    if (!mark) {
      return; // excluded by a filter or a focus
    }
    this.#counts[spec.status] += 1;
    if (spec.status === 'failed') {
      this.#failures.push(spec);
    }

    for (; this.#printed < this.#suites.length; this.#printed += 1) {
      print(this.#printed, this.#suites[this.#printed]);
    }
    const reason = spec.pendingReason || spec.notApplicableReason;
    const details = [reason, spec.duration >= slow ? `${spec.duration} ms` : ''].filter(Boolean);
    const suffix = details.length > 0 ? paint('gray', ` (${details.join(', ')})`) : '';
    print(this.#suites.length, `${paint(mark.color, mark.sign)} ${spec.description}${suffix}`);
  }

  suiteDone(suite) {
    this.#suites.pop();
    this.#printed = Math.min(this.#printed, this.#suites.length);
    this.#outside(suite, `around "${suite.fullName}"`);
  }

  jasmineDone(run) {
    this.#outside(run, 'outside of any spec');
    this.#failures.forEach((failure, index) => printFailure(index + 1, failure));

    const { passed, failed, pending, notApplicable } = this.#counts;
    const skipped = pending + notApplicable;
    print(0, `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} not run` : ''}`);
    if (run.overallStatus === 'incomplete') {
      print(0, paint('red', `Incomplete: ${run.incompleteReason}`));
    }
    if (run.order?.random) {
      print(0, paint('gray', `In this order again: npm run specs -- --seed=${run.order.seed}`));
    }

    mkdirSync(new URL('.', report), { recursive: true });
    writeFileSync(report, JSON.stringify({ passed, failed, skipped, status: run.overallStatus }));
  }

  // What fails in beforeAll or afterAll, while a file is loaded, or after its spec has ended.
  #outside({ failedExpectations }, where) {
    if (failedExpectations.length > 0) {
      this.#counts.failed += 1;
      this.#failures.push({ fullName: where, failedExpectations });
    }
  }
}

function printFailure(number, { fullName, failedExpectations, debugLogs }) {
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
    print(1, `${timestamp} ms: ${message}`);
  }
}

function print(depth, text) {
  process.stdout.write(`${text.replaceAll(/^(?=.)/gm, '  '.repeat(depth))}\n`);
}

function paint(color, text) {
  return colors ? styleText(color, text) : text;
}
