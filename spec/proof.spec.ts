import fc from 'fast-check';

import { programs } from './proof/arbitrary.ts';
import { runReally, runVirtually, type Outcome } from './proof/execution.ts';
import { print } from './proof/print.ts';
import type { Program } from './proof/program.ts';

// See CONTRIBUTING.md.
const { PROOF_SEED, PROOF_RUNS, PROOF_PATH } = process.env;
const seed = Number(PROOF_SEED ?? Date.now() % 1e6);
const runs = Number(PROOF_RUNS ?? 1000);
/** Programs of one batch run at the same time; on average there are half as many. */
const batch = 50;

const coroutines = programs({ styles: ['coroutine'], longest: 5 });
const allStyles = programs({ styles: ['coroutine', 'async function', 'async generator'], longest: 3 });

describe(`Random programs (seed ${seed})`, () => {
  it('keep every promise on virtual time, if they are coroutines', async () => {
    const property = fc.asyncProperty(coroutines, async (program) => check(await runVirtually(program)));

    expect(await counterexample(property, runs, (program) => [program])).toBe('');
  }, 600_000);

  it('keep every promise in real time, many at once, whatever their style', async () => {
    const batches = fc.array(allStyles, { minLength: 1, maxLength: batch, size: 'max' });
    const property = fc.asyncProperty(batches, async (all) => (await runReally(all)).forEach(check));

    expect(await counterexample(property, Math.ceil((2 * runs) / batch), (all) => all)).toBe('');
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
  programsOf: (found: T) => readonly Program[],
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
  const replay = `PROOF_SEED=${seed} PROOF_PATH=${counterexamplePath} npm run specs -- spec/proof.spec.ts`;
  return [...programsOf(found[0]).map(print), (errorInstance as Error).message, replay].join('\n\n');
}
