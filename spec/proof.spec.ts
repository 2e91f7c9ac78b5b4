import fc from 'fast-check';

import { isEqual } from '../src/testing/equal.ts';
import { programs } from './proof/arbitrary.ts';
import { runReally, runVirtually, type Outcome } from './proof/execution.ts';
import { predict } from './proof/model.ts';
import { perform } from './proof/performance.ts';
import { plans } from './proof/plan.ts';
import { print } from './proof/print.ts';
import type { Style } from './proof/program.ts';
import { environment, onlyWhere, specsCommand } from './support/runtime.ts';

// See CONTRIBUTING.md.
const { PROOF_SEED, PROOF_RUNS, PROOF_PATH } = environment;
const seed = Number(PROOF_SEED ?? Date.now() % 1e6);
/** In a page fewer: what is other there is seen soon. */
const runs = Number(PROOF_RUNS ?? (onlyWhere.nodeIsThere.here ? 300 : 100));
/** Programs of one batch run at the same time; on average there are half as many. */
const batch = 50;

const coroutines = programs({ styles: ['coroutine'], longest: 5 });
/** Of async functions less can be promised where the context is not carried: see spec/browser/context.spec.ts. */
const styles: Style[] = onlyWhere.contextIsCarried.here
  ? ['coroutine', 'async function', 'async generator']
  : ['coroutine'];
const allStyles = programs({ styles, longest: 3 });

describe(`Random programs (seed ${seed})`, () => {
  it('keep every promise on virtual time, if they are coroutines', async () => {
    const property = fc.asyncProperty(coroutines, async (program) => check(await runVirtually(program)));

    expect(await counterexample(property, runs, (program) => [print(program)])).toBe('');
  }, 600_000);

  it('go as a small model of the design predicts, to the millisecond', async () => {
    let predicted = 0;
    const property = fc.asyncProperty(plans, async (plan) => {
      const course = predict(plan);
      fc.pre(course !== undefined);
      predicted++;
      const actual = perform(plan);
      if (!isEqual(actual, course)) {
        throw new Error(fc.stringify({ predicted: course, actual }));
      }
    });

    expect(await counterexample(property, runs, (plan) => [fc.stringify(plan)])).toBe('');
    expect(predicted).toBeGreaterThanOrEqual(runs);
  }, 600_000);

  it('keep every promise in real time, many at once, whatever their style', async () => {
    const batches = fc.array(allStyles, { minLength: 1, maxLength: batch, size: 'max' });
    const property = fc.asyncProperty(batches, async (all) => (await runReally(all)).forEach(check));

    expect(await counterexample(property, Math.ceil((2 * runs) / batch), (all) => all.map(print))).toBe('');
  }, 600_000);
});

function check({ violations, log }: Outcome): void {
  if (violations.length > 0) {
    throw new Error([...violations, 'What happened, by time:', ...log].join('\n'));
  }
}

/** The smallest case found that fails, as text; '' if there is none. */
async function counterexample<T>(
  property: fc.IAsyncPropertyWithHooks<[T]>,
  numRuns: number,
  textsOf: (found: T) => readonly string[],
): Promise<string> {
  const path = PROOF_PATH === undefined ? {} : { path: PROOF_PATH };
  const {
    counterexample: found,
    counterexamplePath,
    errorInstance,
  } = await fc.check(property, {
    seed,
    numRuns,
    ...path,
  });
  if (found === null) {
    return '';
  }
  const replay = `PROOF_SEED=${seed} PROOF_PATH=${counterexamplePath} ${specsCommand} -- spec/proof.spec.ts`;
  return [...textsOf(found[0]), (errorInstance as Error).message, replay].join('\n\n');
}
