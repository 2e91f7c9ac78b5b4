import { interval, NEVER, type Observable } from 'rxjs';

import type { AwaitError, DelayedResult } from '../../src/index.ts';
import { AsyncScope, CancelledError, ScopeError, sleep, tamed } from '../../src/index.ts';
import { runMarbles, runMarblesAsync } from '../../src/testing/index.ts';
import { errorOf, thrownBy } from '../support/outcome.ts';
import { failing, failure, raise } from './failure.ts';

/** Serves until it is cancelled; what is said to it is heard before that. */
class Pump {
  readonly log: string[] = [];
  readonly run = tamed(async function run(this: Pump) {
    try {
      await sleep(Infinity);
    } finally {
      this.log.push('pump stops');
      await sleep(1);
      this.log.push('pump stopped');
    }
  });
  readonly say = tamed(function* say(this: Pump, text: string) {
    yield* sleep(1);
    this.log.push(this.log.includes('pump stops') ? `${text}, unheard` : text);
  });
  /** Works for so many ms, and says goodbye through the pump. */
  readonly work = tamed(function* work(this: Pump, ms: number) {
    try {
      yield* sleep(ms);
    } finally {
      yield* this.say(`bye ${ms}`);
    }
  });
}

const STOPPED = ['pump stops', 'pump stopped'];
const service = true;

/** Runs a test in virtual time, with a pump. */
function withPump(test: (pump: Pump) => Promise<void>): () => Promise<void> {
  return () => runMarblesAsync(() => test(new Pump()));
}

describe('A service', () => {
  describe('when its scope closes', () => {
    it('ends after all others, and the scope waits for its cleanup', () => {
      runMarbles(({ cold, scope, expectScope }) => {
        const page = scope();
        const pump = tamed(function* pump() {
          try {
            yield* tamed.from(cold('a--a--a--a--a'));
          } finally {
            yield* sleep(2);
          }
        });
        page.start(pump(), { service });
        page.start(cold('        -----b|'));
        page.start(cold('        --(c|)'));
        page.close();

        expectScope(page).toBe(`
          pump   ^-----!~.
          #2     ^----b|
          #3     ^-(c|)
          scope  --------|
        `);
      });
    });

    it(
      'is cancelled, though the scope is not',
      withPump(async (pump) => {
        const scope = new AsyncScope();
        const result = scope.start(pump.run(), { service });
        scope.start(pump.work(10));

        await scope.close();

        expect(pump.log).toEqual(['bye 10', ...STOPPED]);
        expect(result.status).toBe('cancelled');
        expect(scope.cancelled).toBeFalse();
        expect(scope.signal.aborted).toBeFalse();
      }),
    );

    it('ends at once where there is nobody else, whatever its shape', async () => {
      const scope = new AsyncScope();
      const iterates = tamed(async function* () {
        yield 1;
        await sleep(Infinity);
      });
      scope.start(NEVER, { service });
      scope.start(interval(1000), { service });
      scope.start(sleep(Infinity), { service });
      scope.start(iterates(), { service });
      scope.start(new Promise(() => {}), { service });

      await scope.close();

      expect(scope.size).toBe(0);
    });

    it('lets `using` close it on the spot', () => {
      const ended: string[] = [];
      const serve = tamed(function* () {
        try {
          yield* tamed.from(NEVER);
        } finally {
          ended.push('service');
        }
      });
      {
        using scope = new AsyncScope();
        scope.start(serve(), { service });
        scope.start(tamed(() => ended.push('child'))());
      }

      expect(ended).toEqual(['child', 'service']);
    });

    it(
      'serves nested scopes, too, until they have closed',
      withPump(async (pump) => {
        const scope = new AsyncScope();
        const nested = new AsyncScope({ parent: scope });
        scope.start(pump.run(), { service });
        nested.start(pump.work(5));

        await scope.close();

        expect(nested.closed).toBeTrue();
        expect(pump.log).toEqual(['bye 5', ...STOPPED]);
      }),
    );

    it(
      'serves what its last child has started at its end',
      withPump(async (pump) => {
        const scope = new AsyncScope();
        scope.start(pump.run(), { service });
        const first = scope.start(pump.work(1));
        scope.start(
          tamed(function* () {
            yield* first;
            scope.start(pump.work(3));
          })(),
        );

        await scope.close();

        expect(pump.log).toEqual(['bye 1', 'bye 3', ...STOPPED]);
      }),
    );

    it('may start others until then, as soon as one has ended', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        const done: number[] = [];
        const job = tamed(function* (id: number) {
          yield* sleep(1);
          done.push(id);
        });
        const feed = tamed(function* () {
          for (let id = 1; id <= 3; id++) {
            yield* scope.start(job(id));
          }
          yield* sleep(Infinity);
        });
        scope.start(feed(), { service });

        await scope.close();

        expect(done).toEqual([1, 2, 3]);
      });
    });

    it('may leave work behind in its `finally`, for which the scope waits', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        const log: string[] = [];
        const report = tamed(function* () {
          yield* sleep(5);
          log.push('reported');
        });
        const serve = tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            scope.start(report());
            scope.start(sleep(Infinity), { service });
          }
        });
        scope.start(serve(), { service });

        await scope.close();

        expect(log).toEqual(['reported']);
        expect(scope.size).toBe(0);
      });
    });

    it('may be started while the scope closes', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        let result: PromiseLike<unknown> | undefined;
        scope.start(
          tamed(function* () {
            yield* sleep(2);
            result = scope.start(sleep(Infinity), { service });
            yield* sleep(2);
          })(),
        );

        await scope.close();

        expect(await errorOf(result as PromiseLike<unknown>)).toBeInstanceOf(CancelledError);
      });
    });

    it('is waited for by the run of its scope, and serves the body to its end', async () => {
      await runMarblesAsync(async () => {
        const pump = new Pump();

        const value = await AsyncScope.run(function* (scope) {
          scope.start(pump.run(), { service });
          try {
            yield* sleep(3);
            return 42;
          } finally {
            yield* pump.say('bye from the body');
          }
        });

        expect(value).toBe(42);
        expect(pump.log).toEqual(['bye from the body', ...STOPPED]);
      });
    });
  });

  describe('when its scope is cancelled', () => {
    it(
      'ends after the goodbye of the others',
      withPump(async (pump) => {
        const scope = new AsyncScope();
        const result = scope.start(pump.run(), { service });
        const work = scope.start(pump.work(1000));

        scope.cancel('enough');

        expect(work.status).toBe('cancelled');
        expect(result.status).toBe('pending');
        expect(((await errorOf(result)) as CancelledError).cause).toBe('enough');
        await scope.close();
        expect(pump.log).toEqual(['bye 1000', ...STOPPED]);
      }),
    );

    it('ends before cancel() returns, where all cleanup is synchronous', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const quick = tamed(function* (name: string) {
        try {
          yield* tamed.from(NEVER);
        } finally {
          log.push(name);
        }
      });
      scope.start(quick('service'), { service });
      scope.start(quick('child'));

      scope.cancel();

      expect(log).toEqual(['child', 'service']);
      expect(scope.size).toBe(0);
    });

    it('ends though the scope is never closed, and a nested one is open', async () => {
      await runMarblesAsync(async () => {
        const pump = new Pump();
        const scope = new AsyncScope();
        const nested = new AsyncScope({ parent: scope });
        nested.start(pump.work(100));
        scope.start(pump.run(), { service });

        scope.cancel();
        await sleep(5);

        expect(pump.log).toEqual(['bye 100', ...STOPPED]);
        expect(scope.size).toBe(0);
        await scope.close();
      });
    });

    for (const [shape, waits] of Object.entries<(result: DelayedResult<unknown>) => Observable<unknown>>({
      'a generator': tamed(function* (result) {
        yield* result;
      }),
      'an async function': tamed(async (result) => {
        await result;
      }),
      'an async generator': tamed(async function* (result) {
        yield await result;
      }),
      'what a function returns': tamed((result) => tamed.from(result)),
    })) {
      it(
        `is cancelled, too, where it waits for one of the others, in ${shape}`,
        withPump(async (pump) => {
          const scope = new AsyncScope();
          const served = scope.start(waits(scope.start(pump.work(1000))), { service });
          await sleep(1);

          scope.cancel('enough');

          expect(((await errorOf(served)) as CancelledError).cause).toBe('enough');
          await scope.close();
          expect(pump.log).toEqual(['bye 1000']);
        }),
      );

      it(
        `is cancelled, too, where the others end at once, in ${shape}`,
        withPump(async () => {
          const scope = new AsyncScope();
          const served = scope.start(waits(scope.start(NEVER)), { service });
          await sleep(1);

          scope.cancel('enough');

          expect(served.status).toBe('cancelled');
          await scope.close();
        }),
      );
    }

    it(
      'has failed, if it ends in an error of its own when it hears that another is cancelled',
      withPump(async (pump) => {
        const scope = new AsyncScope();
        const work = scope.start(pump.work(1000));
        scope.start(work, { service });
        const failing = tamed(function* () {
          try {
            yield* work;
          } catch {
            raise();
          }
        });
        scope.start(failing(), { service });
        await sleep(1);

        scope.cancel();

        expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure]);
      }),
    );

    it('is not begun any more', async () => {
      const scope = new AsyncScope();
      scope.cancel();

      const result = scope.start(tamed(raise)(), { service });

      expect(result.status).toBe('cancelled');
      await scope.close();
    });

    it('refuses what a service starts in its `finally`', async () => {
      const scope = new AsyncScope();
      const late = tamed(function* () {
        try {
          yield* tamed.from(NEVER);
        } finally {
          scope.start(tamed(raise)());
        }
      });
      scope.start(late(), { service });

      scope.cancel();

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });

    it('serves the `finally` of the body of a run', async () => {
      await runMarblesAsync(async () => {
        const pump = new Pump();
        const scope = new AsyncScope();
        scope.start(
          AsyncScope.run(function* (inner) {
            inner.start(pump.run(), { service });
            inner.start(pump.work(1000));
            try {
              yield* sleep(Infinity);
            } finally {
              yield* pump.say('bye from the body');
            }
          }),
        );

        scope.cancel();
        await scope.close();

        expect(pump.log).toEqual(['bye 1000', 'bye from the body', ...STOPPED]);
      });
    });

    it('serves the `finally` of the body of a run that its own scope has cancelled', async () => {
      await runMarblesAsync(async () => {
        const pump = new Pump();
        const run = AsyncScope.run(async (inner) => {
          inner.start(pump.run(), { service });
          inner.start(failing(2));
          try {
            await sleep(Infinity);
          } finally {
            await pump.say('bye from the body');
          }
        });

        expect(((await errorOf(run)) as ScopeError).errors).toEqual([failure]);
        expect(pump.log).toEqual(['bye from the body', ...STOPPED]);
      });
    });

    it('serves the `finally` of the call that made the scope', async () => {
      await runMarblesAsync(async () => {
        const pump = new Pump();
        const outer = new AsyncScope();
        const maker = tamed(async () => {
          await using inner = new AsyncScope();
          inner.start(pump.run(), { service });
          inner.start(pump.work(1000));
          try {
            await sleep(Infinity);
          } finally {
            await pump.say('bye from the maker');
          }
        });
        outer.start(maker());

        outer.cancel();
        await outer.close();

        expect(pump.log).toEqual(['bye 1000', 'bye from the maker', ...STOPPED]);
      });
    });

    it('is not left over by a cancelled call that forgets to close the scope', async () => {
      await runMarblesAsync(async () => {
        const pump = new Pump();
        const outer = new AsyncScope();
        const forgetful = tamed(function* () {
          new AsyncScope().start(pump.run(), { service });
          yield* sleep(Infinity);
        });
        outer.start(forgetful());

        outer.cancel();
        await outer.close();

        expect(pump.log).toEqual(STOPPED);
      });
    });

    it('ends when the body waits for the close of its own scope', async () => {
      const ended = await AsyncScope.run(function* (scope) {
        scope.start(sleep(Infinity), { service });
        yield* scope.close();
        return scope.closed;
      });

      expect(ended).toBeTrue();
    });

    it('has a `cleanupTimeout` of its own', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope({ cleanupTimeout: 10 });
        const stubborn = tamed(function* stubborn() {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* sleep(Infinity);
          }
        });
        scope.start(stubborn(), { service });
        scope.start(sleep(20));

        const { errors } = (await errorOf(scope.close())) as ScopeError;

        expect(errors.map(String)).toEqual([jasmine.stringContaining('stubborn')]);
      });
    });
  });

  describe('under an exit mode', () => {
    it('ends after the others, when closing cancels them', async () => {
      for (const exitMode of ['cancel', 'raise'] as const) {
        await runMarblesAsync(async () => {
          const pump = new Pump();
          const scope = new AsyncScope({ exitMode });
          scope.start(pump.run(), { service });
          const work = scope.start(pump.work(1000));
          void work.catch(() => undefined);

          await scope.close();

          expect(pump.log)
            .withContext(exitMode)
            .toEqual(['bye 1000', ...STOPPED]);
        });
      }
    });

    it('is not named among the results that nobody awaited', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      scope.start(tamed('heartbeat', () => NEVER)(), { service });
      scope.start(tamed('forgotten', () => NEVER)());

      const { message } = (await errorOf(scope.close())) as AwaitError;

      expect(message).toContain('1 result was not awaited: forgotten');
    });
  });

  describe('that ends before the others', () => {
    it('has an outcome like any other child', async () => {
      const scope = new AsyncScope();
      const result = scope.start(tamed(() => 7)(), { service });
      scope.start(sleep(0));

      await expectAsync(result.then()).toBeResolvedTo(7);
      await scope.close();
    });

    it('cancels the others, if it fails', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        const pump = new Pump();
        scope.start(failing(2), { service });
        scope.start(pump.run(), { service });
        scope.start(pump.work(1000));

        const { errors } = (await errorOf(scope.close())) as ScopeError;

        expect(errors).toEqual([failure]);
        expect(pump.log).toEqual(['bye 1000', ...STOPPED]);
      });
    });

    it('lets the others run, if it fails under errorMode "continue"', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope({ errorMode: 'continue' });
        const pump = new Pump();
        scope.start(failing(2), { service });
        scope.start(pump.work(10));

        expect(await errorOf(scope.close())).toBeInstanceOf(ScopeError);
        expect(pump.log).toEqual(['bye 10']);
      });
    });

    it('can be cancelled alone, by its own signal', async () => {
      const controller = new AbortController();
      const scope = new AsyncScope();
      const result = scope.start(NEVER, { service, signal: controller.signal });
      const other = scope.start(sleep(0));

      controller.abort();

      expect(result.status).toBe('cancelled');
      await scope.close();
      expect(other.status).toBe('succeeded');
    });

    it('raises what its cleanup throws', async () => {
      const scope = new AsyncScope();
      const rude = tamed(function* () {
        try {
          yield* tamed.from(NEVER);
        } finally {
          raise();
        }
      });
      scope.start(rude(), { service });

      expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure]);
    });
  });

  describe('under a concurrency limit', () => {
    it('takes no place, and does not wait for one', async () => {
      const scope = new AsyncScope({ concurrency: 1 });
      scope.start(NEVER, { service });
      scope.start(sleep(1));
      scope.start(sleep(1));
      scope.start(NEVER, { service });

      expect(scope.children.map(({ state }) => state)).toEqual(['running', 'running', 'queued', 'running']);
      await scope.close();
    });

    it('takes none when it goes on after it has waited for one in the queue', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope({ concurrency: 1 });
        scope.start(sleep(2));
        const queued = scope.start(sleep(2));
        scope.start(
          tamed(function* () {
            yield* queued;
            yield* sleep(Infinity);
          })(),
          { service },
        );
        scope.start(sleep(2));
        scope.start(sleep(2));

        await scope.close();

        expect(scope.size).toBe(0);
      });
    });

    it('lets one that waits for it give up its place, if it waits for one in the queue', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope({ concurrency: 1 });
        const brokers: DelayedResult<number>[] = [];
        const waits = tamed(function* () {
          yield* sleep(1);
          return yield* tamed.all(brokers);
        });
        const result = scope.start(waits());
        const queued = scope.start(tamed(() => 3)());
        const broker = tamed(function* () {
          return yield* queued;
        });
        brokers.push(scope.start(broker(), { service }));

        await scope.close();

        expect(result.value).toEqual([3]);
      });
    });
  });

  it('is not taken for what a timeout has cut off, once the scope closes', async () => {
    await runMarblesAsync(async () => {
      const scope = new AsyncScope({ timeout: 5 });
      const polite = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* sleep(10);
        }
      });
      const controller = new AbortController();
      scope.start(NEVER, { service });
      scope.start(polite(), { signal: controller.signal });
      controller.abort();

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });
  });

  it('is refused where the option is wrong', () => {
    const scope = new AsyncScope();

    expect(thrownBy(() => scope.start(NEVER, { service: 1 as never })).message).toBe(
      'The option "service" is true or false, but got 1 (number).',
    );
  });
});
