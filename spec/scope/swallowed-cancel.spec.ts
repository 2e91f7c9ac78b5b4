import { AsyncScope, CleanupTimeoutError, type ScopeError, sleep, tamed } from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { onlyWhere } from '../support/runtime.ts';

/** Polls for ever, and swallows what it catches, the cancel too; counts how often it came by. */
const shapes = {
  'an async function': (count: { polls: number }) =>
    tamed(async function poll() {
      for (;;) {
        try {
          count.polls++;
          await sleep(50);
        } catch {
          // The bug: a cancel is swallowed.
        }
        await sleep(100);
      }
    }),
  'an async generator': (count: { polls: number }) =>
    tamed(async function* poll() {
      for (;;) {
        try {
          count.polls++;
          await sleep(50);
        } catch {
          // The bug: a cancel is swallowed.
        }
        await sleep(100);
        if (count.polls < 0) {
          yield 1;
        }
      }
    }),
  'a generator': (count: { polls: number }) =>
    tamed(function* poll() {
      try {
        yield* sleep(50);
      } finally {
        for (;;) {
          count.polls++;
          yield* sleep(100);
        }
      }
    }),
};

for (const [shape, pollOf] of Object.entries(shapes)) {
  const specify = shape === 'a generator' ? it : onlyWhere.contextIsCarried.it;

  describe(`A cancel that ${shape} swallows`, () => {
    specify('keeps no close waiting for more than 30 s, and the error names the function', async () => {
      const count = { polls: 0 };
      let raised: unknown;
      let polls: readonly number[] = [];

      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        scope.start(pollOf(count)());
        await sleep(10);
        scope.cancel();
        raised = await scope.close().catch((error: unknown) => error);
        const atClose = count.polls;
        await sleep(1000);
        polls = [atClose, count.polls];
      });

      const [error] = (raised as ScopeError).errors as CleanupTimeoutError[];
      expect(error).toBeInstanceOf(CleanupTimeoutError);
      expect(error?.children).toEqual(['poll (#1)']);
      expect(error?.message).toMatch(/30000 ms .*poll.*rethrow/s);
      expect(polls[1]! - polls[0]!).toBeLessThan(2);
    });

    specify('keeps no run waiting, where it is the body', async () => {
      const count = { polls: 0 };
      let raised: unknown;

      await runMarblesAsync(async () => {
        raised = await AsyncScope.run(
          (scope) => {
            scope.start(sleep(10)).subscribe(() => scope.cancel());
            return pollOf(count)();
          },
          { cleanupTimeout: 500 },
        ).catch((error: unknown) => error);
      });

      expect((raised as ScopeError).errors).toEqual([jasmine.any(CleanupTimeoutError)]);
    });
  });
}

describe('A child that cleans up', () => {
  it('may take its time, where cleanupTimeout is Infinity', async () => {
    const log: string[] = [];

    await runMarblesAsync(async () => {
      const scope = new AsyncScope({ cleanupTimeout: Infinity });
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* sleep(100_000);
            log.push('cleaned up');
          }
        })(),
      );
      scope.cancel();
      await scope.close();
    });

    expect(log).toEqual(['cleaned up']);
  });
});
