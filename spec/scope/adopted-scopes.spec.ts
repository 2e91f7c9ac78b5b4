import { concatMap, finalize, lastValueFrom, NEVER, of, timer, type Observable } from 'rxjs';

import {
  AsyncScope,
  type AsyncScopeOptions,
  type DelayedResult,
  ScopeError,
  sleep,
  tamed,
} from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { reportsOf } from '../support/reports.ts';

const failure = new Error('Oh no!');

/** A call that makes a scope, does something in it, and ends without closing it: in each shape. */
const shapes: Record<string, (open: () => void) => Observable<unknown>> = {
  'a generator': tamed(function* (open: () => void) {
    yield* sleep(1);
    open();
  }),
  'an async function': tamed(async (open: () => void) => {
    open();
    await sleep(1);
  }),
  'an async generator': tamed(async function* (open: () => void) {
    open();
    await sleep(1);
    yield 1;
  }),
  'a plain function': tamed((open: () => void) => {
    open();
  }),
  'an Observable': tamed((open: () => void) =>
    of(1).pipe(
      concatMap(() => {
        open();
        return sleep(1);
      }),
    ),
  ),
  'the body of a run': (open) =>
    AsyncScope.run(function* () {
      open();
      yield* sleep(1);
    }),
  'the body of a run that has closed its scope': (open) =>
    AsyncScope.run(function* (scope) {
      yield* scope.close();
      open();
      yield* sleep(1);
    }),
  'a call inside another call': (open) =>
    tamed(function* () {
      yield* tamed(function* () {
        yield* sleep(1);
        open();
      })();
    })(),
};

const noting = tamed(function* (log: string[], name: string, ms: number) {
  try {
    yield* sleep(ms);
    log.push(`${name} ended`);
  } finally {
    yield* sleep(1);
    log.push(`${name} cleaned up`);
  }
});

/** The failures, also those that a run has raised. */
function causesOf(raised: unknown): unknown[] {
  return raised instanceof ScopeError ? (raised.errors as unknown[]).flatMap(causesOf) : [raised];
}

function inTime(test: () => unknown): () => Promise<void> {
  return () =>
    runMarblesAsync(async () => {
      await test();
    });
}

for (const [shape, call] of Object.entries(shapes)) {
  describe(`A scope that ${shape} leaves open`, () => {
    it(
      'is closed, and waited for by the scope around the call',
      inTime(async () => {
        const log: string[] = [];
        const outer = new AsyncScope();
        outer.start(call(() => new AsyncScope().start(noting(log, 'work', 100))));

        await outer.close();

        expect(log).toEqual(['work ended', 'work cleaned up']);
      }),
    );

    it(
      'is cancelled with the scope around the call, cleanup included',
      inTime(async () => {
        const log: string[] = [];
        const outer = new AsyncScope();
        outer.start(call(() => new AsyncScope().start(noting(log, 'work', 100))));
        await sleep(10);

        outer.cancel();
        await outer.close();

        expect(log).toEqual(['work cleaned up']);
      }),
    );

    it(
      'fails the scope around the call with what nobody has heard',
      inTime(async () => {
        const log: string[] = [];
        const outer = new AsyncScope();
        outer.start(
          call(() =>
            new AsyncScope().start(
              tamed(function* () {
                yield* sleep(10);
                throw failure;
              })(),
            ),
          ),
        );
        outer.start(noting(log, 'sibling', 100));

        const raised: unknown = await outer.close().catch((error: unknown) => error);

        expect(causesOf(raised)).toEqual([failure]);
        expect([outer.cancelled, ...log]).toEqual([true, 'sibling cleaned up']);
      }),
    );

    it(
      'is closed as its exit mode says',
      inTime(async () => {
        const log: string[] = [];
        const outer = new AsyncScope();
        const options: AsyncScopeOptions = { exitMode: 'cancel' };
        outer.start(call(() => new AsyncScope(options).start(noting(log, 'work', 100))));

        await outer.close();

        expect(log).toEqual(['work cleaned up']);
      }),
    );

    it(
      'goes on where it names a parent',
      inTime(async () => {
        const page = new AsyncScope();
        const outer = new AsyncScope();
        let scope: AsyncScope | undefined;
        outer.start(call(() => (scope = new AsyncScope({ parent: page }))));

        await outer.close();

        expect(scope?.closed).toBeFalse();
        await page.close();
      }),
    );
  });
}

/** The scopes that calls have left open. */
const held: AsyncScope[] = [];

describe('A scope that is left open', () => {
  it('closes together with the others of its call, of which none is told that another is cancelled by that', async () => {
    const results: DelayedResult<unknown>[] = [];
    const opens = tamed(function* () {
      const scopes = [
        new AsyncScope({ exitMode: 'cancel' }),
        new AsyncScope({ exitMode: 'cancel' }),
      ] as const;
      const awaited = scopes[0].start(sleep(Infinity));
      results.push(awaited, scopes[1].start(awaited));
      yield* sleep(0);
    });
    const outer = new AsyncScope();
    outer.start(opens());

    await expectAsync(outer.close()).toBeResolved();

    expect(results.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  it('by the body of a run that has closed its scope is waited for by the run, which raises what it raises', async () => {
    const log: string[] = [];
    let raised: unknown;

    await runMarblesAsync(async () => {
      const run = AsyncScope.run(function* (scope) {
        yield* scope.close();
        const left = new AsyncScope({ errorMode: 'continue' });
        left.start(noting(log, 'child', 5));
        left.start(
          tamed(() => {
            throw failure;
          })(),
        );
        return 'done';
      });
      raised = await run.catch((error: unknown) => error);
      log.push('the run is over');
    });

    expect(log).toEqual(['child ended', 'child cleaned up', 'the run is over']);
    expect((raised as ScopeError).errors).toEqual([failure]);
  });

  it('in the body of a run that has closed its scope, and is closed as soon as its call has ended, keeps the run no longer', async () => {
    const open = tamed(async () => new AsyncScope());
    const run = AsyncScope.run(function* (scope) {
      yield* scope.close();
      const left = yield* open();
      yield* left.close();
      return 'over';
    });

    let outcome: unknown;
    await runMarblesAsync(async () => {
      const outer = new AsyncScope({ timeout: 50 });
      outcome = await outer.start(run).catch((error: unknown) => error);
    });

    expect(outcome).toBe('over');
  });

  it('by a call outside of any scope is closed, and reports what it raises', async () => {
    const reports = await reportsOf(async () => {
      await tamed(() => void new AsyncScope().start(Promise.reject(failure)))();
    });

    expect(reports.flatMap(causesOf)).toEqual([failure]);
  });

  it(
    'in the cleanup of a cancelled call is waited for, too',
    inTime(async () => {
      const log: string[] = [];
      const outer = new AsyncScope();
      outer.start(
        tamed(function* () {
          try {
            yield* sleep(100);
          } finally {
            new AsyncScope().start(noting(log, 'goodbye', 10));
          }
        })(),
      );
      await sleep(1);

      outer.cancel();
      await outer.close();

      expect(log).toEqual(['goodbye cleaned up']);
    }),
  );

  it(
    'with nothing in it is closed when its call has ended',
    inTime(async () => {
      let scope: AsyncScope | undefined;

      await tamed(() => void (scope = new AsyncScope()))();
      await sleep(0);

      expect(scope?.closed).toBeTrue();
    }),
  );

  for (const [shape, open] of Object.entries<(outer: AsyncScope) => Observable<AsyncScope>>({
    'by a call that is cancelled while it waits': tamed(function* (outer: AsyncScope) {
      const scope = new AsyncScope();
      outer.start(timer(5)).subscribe({ complete: () => outer.cancel() });
      held.push(scope);
      yield* sleep(100);
      return scope;
    }),
    'by a call that has cancelled itself before': tamed(function* (outer: AsyncScope) {
      yield* sleep(1);
      outer.cancel();
      const scope = new AsyncScope();
      held.push(scope);
      return scope;
    }),
    'by an async function that has cancelled itself before': tamed(async (outer: AsyncScope) => {
      outer.cancel();
      const scope = new AsyncScope();
      held.push(scope);
      return Promise.resolve(scope);
    }),
  })) {
    it(
      `${shape} has closed, and its streams have completed, when the scope around has`,
      inTime(async () => {
        held.length = 0;
        const outer = new AsyncScope();
        outer.start(open(outer));
        await sleep(10);

        await outer.close();

        expect(held.map(({ closed }) => closed)).toEqual([true]);
        await lastValueFrom(held[0]?.events$ ?? NEVER, { defaultValue: undefined });
      }),
    );
  }

  it(
    'and whose close somebody awaits raises to that one alone',
    inTime(async () => {
      const outer = new AsyncScope();
      let scope: AsyncScope | undefined;
      outer.start(
        tamed(() => {
          scope = new AsyncScope();
          scope.start(
            tamed(function* () {
              yield* sleep(5);
              throw failure;
            })(),
          );
        })(),
      );
      const raised: unknown = await scope?.close().catch((error: unknown) => error);

      expect((raised as ScopeError).errors).toEqual([failure]);
      await expectAsync(outer.close()).toBeResolved();
    }),
  );

  for (const exitMode of ['raise', 'cancel', 'wait'] as const) {
    it(
      `and that its call disposes of while that is cancelled does not keep the outer one open (${exitMode})`,
      inTime(async () => {
        const outer = new AsyncScope();
        outer.start(
          tamed(async () => {
            await using inner = new AsyncScope({ exitMode });
            inner.start(noting([], 'child', 5));
            inner.start(
              tamed(function* () {
                try {
                  yield* sleep(1);
                } finally {
                  throw failure;
                }
              })(),
            );
          })(),
        );

        outer.cancel();
        const raised: unknown = await outer.close().catch((error: unknown) => error);

        expect(causesOf(raised)).toContain(failure);
      }),
    );
  }
});

describe('A failure of the call that leaves a scope open', () => {
  it('is not lost, though the close of that scope cancels the scope of the call', async () => {
    const outer = new AsyncScope();
    const result = outer.start(
      tamed(function* () {
        const left = new AsyncScope({ exitMode: 'cancel' });
        left.start(NEVER.pipe(finalize(() => outer.cancel())));
        yield* sleep(1);
        throw new Error('failure');
      })(),
    );

    await expectAsync(outer.close()).toBeRejectedWithError(ScopeError, /Error: failure/);

    expect(result.status).toBe('failed');
  });
});
