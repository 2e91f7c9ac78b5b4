import { finalize, type Observable, takeUntil } from 'rxjs';

import { AsyncScope, cleanup, type ScopeError, sleep, tamed } from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { reportsOf } from '../support/reports.ts';
import { onlyWhere } from '../support/runtime.ts';

const full = new Error('disk full');

type Log = string[];

function raise(error: unknown): never {
  throw error;
}

const release = tamed(function* (log: Log) {
  yield* sleep(10);
  log.push('released');
});

/** Fails after 5 ms, and then cleans up for 10 ms, twice; in each shape. */
const shapes: Record<string, (log: Log) => Observable<unknown>> = {
  'a generator': tamed(function* (log: Log) {
    try {
      yield* sleep(5);
      throw full;
    } finally {
      yield* cleanup(release(log));
      yield* cleanup(release(log));
      log.push('cleaned up');
    }
  }),
  'an async function': tamed(async (log: Log) => {
    try {
      await sleep(5);
      throw full;
    } finally {
      await cleanup(release(log));
      await cleanup(release(log));
      log.push('cleaned up');
    }
  }),
  'an async generator': tamed(async function* (log: Log) {
    try {
      await sleep(5);
      yield 1;
      throw full;
    } finally {
      await cleanup(release(log));
      await cleanup(release(log));
      log.push('cleaned up');
    }
  }),
};

const whereCarried = onlyWhere.contextIsCarried;

for (const [shape, work] of Object.entries(shapes)) {
  const specify = shape === 'a generator' ? it : whereCarried.it;

  describe(`A cleanup that ${shape} waits for`, () => {
    for (const [when, ms] of Object.entries({ first: 10, second: 20 })) {
      specify(
        `is not cut off by a cancel during the ${when} one, and the failure that led there is not lost`,
        async () => {
          const log: Log = [];
          let raised: unknown;

          await runMarblesAsync(async () => {
            const scope = new AsyncScope();
            scope.start(work(log));
            await sleep(ms);
            scope.cancel();
            raised = await scope.close().catch((error: unknown) => error);
          });

          expect(log).toEqual(['released', 'released', 'cleaned up']);
          expect((raised as ScopeError).errors).toEqual([full]);
        },
      );
    }

    specify('takes its time where nothing is cancelled, and the failure is that of the call', async () => {
      const log: Log = [];
      let raised: unknown;

      await runMarblesAsync(async () => {
        raised = await new Promise((resolve) => work(log).subscribe({ error: resolve }));
      });

      expect(log).toEqual(['released', 'released', 'cleaned up']);
      expect(raised).toBe(full);
    });
  });
}

describe('cleanup() as something to wait for', () => {
  it('lets the cancel be delivered at the next wait after it, in a generator', async () => {
    const log: Log = [];

    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      const work = tamed(function* () {
        try {
          yield* cleanup(release(log));
          log.push('after');
          yield* sleep(100);
          log.push('never');
        } finally {
          log.push('unwound');
        }
      });
      scope.start(work());
      await sleep(1);
      scope.cancel();
      await scope.close();
    });

    expect(log).toEqual(['released', 'after', 'unwound']);
  });

  onlyWhere.contextIsCarried.it(
    'lets the cancel be delivered at the next wait after it, in an async function',
    async () => {
      const log: Log = [];

      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        const work = tamed(async () => {
          await cleanup(release(log));
          log.push('after');
          await sleep(100).catch((error: unknown) => log.push((error as Error).name));
        });
        scope.start(work());
        await sleep(1);
        scope.cancel();
        await scope.close();
      });

      expect(log).toEqual(['released', 'after', 'CancelledError']);
    },
  );

  it('gives the value of the work', async () => {
    let value: unknown;

    await runMarblesAsync(async () => {
      value = await tamed(function* () {
        return yield* cleanup(Promise.resolve('done'));
      })();
    });

    expect(value).toBe('done');
  });

  it('tells of the failure of the work the code that waits, and nobody else', async () => {
    const heard: unknown[] = [];
    let raised: unknown = 'not closed';

    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      const work = tamed(function* () {
        try {
          yield* sleep(5);
        } finally {
          try {
            yield* cleanup(Promise.reject(full));
          } catch (error) {
            heard.push(error);
          }
        }
      });
      scope.start(work());
      await scope.close();
      raised = undefined;
    });

    expect([heard, raised]).toEqual([[full], undefined]);
  });

  /** Each waits for work that fails at once. */
  const failingAtOnce: Record<string, () => Observable<unknown>> = {
    'a generator': tamed(function* () {
      yield* cleanup(Promise.reject(full));
      yield* cleanup(tamed(() => raise(full))());
    }),
    'an async function': tamed(async () => {
      await cleanup(tamed(() => raise(full))());
    }),
    'an async generator': tamed(async function* () {
      yield 1;
      await cleanup(tamed(() => raise(full))());
    }),
  };

  for (const [shape, work] of Object.entries(failingAtOnce)) {
    const specify = shape === 'an async generator' ? whereCarried.it : it;

    specify(
      `tells of work that fails at once the code that waits, and nobody else, in ${shape}`,
      async () => {
        let raised: unknown;

        await runMarblesAsync(async () => {
          const scope = new AsyncScope();
          scope.start(work());
          raised = await scope.close().catch((error: unknown) => error);
        });

        expect((raised as ScopeError).errors).toEqual([full]);
      },
    );
  }

  it('tells of it code outside of any call, too, and reports it where that does not wait', async () => {
    const heard: unknown[] = [];
    const failing = tamed(() => raise(full))();

    const reports = await reportsOf(async () => {
      await cleanup(failing).catch((error: unknown) => heard.push(error));
      cleanup(failing);
    });

    expect(heard).toEqual([full]);
    expect(reports).toEqual([full]);
  });

  it('raises the failure of work that nobody waits for, also where the code is cancelled afterwards', async () => {
    let raised: unknown;

    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      const work = tamed(function* () {
        cleanup(tamed(() => raise(full))());
        try {
          yield* sleep(5);
        } finally {
          yield* sleep(5);
        }
      });
      scope.start(work());
      await sleep(1);
      scope.cancel();
      raised = await scope.close().catch((error: unknown) => error);
    });

    expect((raised as ScopeError).errors).toEqual([full]);
  });

  it('goes on when a cleanup that was over is followed by a cancel before the code goes on', async () => {
    const log: Log = [];

    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      const held = scope.start(release(log));
      held.subscribe({ complete: () => scope.cancel() });
      const work = tamed(function* () {
        yield* cleanup(held);
        log.push('after');
      });
      scope.start(work());
      await scope.close();
    });

    expect(log).toEqual(['released', 'after']);
  });

  it('lets the body of a run end in its failure, while a scope nested in that of the run still cleans up', async () => {
    const log: Log = [];
    let raised: unknown;

    await runMarblesAsync(async () => {
      const run = AsyncScope.run(
        function* (scope) {
          const nested = new AsyncScope({ parent: scope });
          nested.start(release(log).pipe(finalize(() => cleanup(release(log)))));
          const fails = tamed(function* () {
            yield* sleep(1);
            scope.cancel();
            throw full;
          });
          yield* cleanup(fails());
        },
        { cleanupTimeout: 100 },
      );
      raised = await run.catch((error: unknown) => error);
    });

    expect(log).toEqual(['released']);
    expect(raised).toBe(full);
  });
});

/** Waits in a cleanup for what its own cancel ends, and then for a cleanup that fails at once; in each shape. */
const endedByItsCancel: Record<string, (heard: unknown[]) => Observable<unknown>> = {
  'a generator': tamed(function* (heard) {
    const lost = new AsyncScope().start(sleep(Infinity));
    try {
      yield* cleanup(lost);
    } catch {
      try {
        yield* cleanup(tamed(() => raise(full))());
      } catch (error) {
        heard.push(error);
      }
    }
  }),
  'an async function': tamed(async (heard) => {
    const lost = new AsyncScope().start(sleep(Infinity));
    try {
      await cleanup(lost);
    } catch {
      await cleanup(tamed(() => raise(full))()).catch((error: unknown) => heard.push(error));
    }
  }),
  'an async generator': tamed(async function* (heard) {
    const lost = new AsyncScope().start(sleep(Infinity));
    try {
      await cleanup(lost);
      yield;
    } catch {
      await cleanup(tamed(() => raise(full))()).catch((error: unknown) => heard.push(error));
    }
  }),
  'a generator under operators': (heard) =>
    endedByItsCancel['a generator']!(heard).pipe(finalize(() => undefined)),
  'the body of a run': (heard) => AsyncScope.run(() => endedByItsCancel['a generator']!(heard)),
};

for (const [shape, work] of Object.entries(endedByItsCancel)) {
  const specify = shape.startsWith('an async') ? whereCarried.it : it;

  describe(`A cleanup that a cancel itself ends, in ${shape}`, () => {
    specify('is followed by another, whose failure its code alone is told', async () => {
      const reports = await reportsOf(async () => {
        const heard: unknown[] = [];
        const scope = new AsyncScope();
        scope.start(work(heard).pipe(takeUntil(sleep(1))));

        await expectAsync(scope.close()).toBeResolvedTo(undefined);

        expect(heard).toEqual([full]);
      });
      expect(reports).toEqual([]);
    });
  });
}
