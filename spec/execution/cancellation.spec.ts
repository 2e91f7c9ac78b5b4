import { NEVER, Subject } from 'rxjs';

import { AsyncScope, CancelledError, sleep, tamed, type TamedCall } from '../../src/index.ts';
import { reportsOf } from '../support/reports.ts';
import { onlyWhere } from '../support/runtime.ts';
import { errorOf, errorsOf } from '../support/outcome.ts';
import { later, throwingInFinally } from './calls.ts';
import { latch, standing, ms } from './promises.ts';

describe('Cancelling an async function', () => {
  describe('that stands at a tamed call', () => {
    it('tears the call down, waits for its cleanup, and then rejects the await', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await slowToUnwind('call', log);
          } catch (error) {
            log.push((error as Error).name);
          }
        })(),
      );
      await standing();

      scope.cancel();
      log.push('cancel() returns');
      await scope.close();

      expect(log).toEqual(['call unwinds', 'cancel() returns', 'call unwound', 'CancelledError']);
    });

    onlyWhere.contextIsCarried.it('interrupts it after its first await, too', async () => {
      const log: string[] = [];
      const asleep = latch();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await sleep(1);
          try {
            asleep.open();
            await sleep(Infinity);
          } finally {
            log.push('finally');
          }
        })(),
      );
      await asleep;

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['finally']);
    });

    it('runs nothing of a call that it has not asked yet', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await tamed(() => log.push('runs'))();
          } finally {
            log.push('finally');
          }
        })(),
      );

      scope.cancel(); // "await" asks a microtask later
      await scope.close();

      expect(log).toEqual(['finally']);
    });

    it('rejects with a CancelledError that says why', async () => {
      const caught: unknown[] = [];
      const scope = new AsyncScope();
      const reason = new Error('the reason');
      scope.start(catching(caught)());
      await standing();

      scope.cancel(reason);
      await scope.close();

      expect(caught).toEqual([jasmine.any(CancelledError)]);
      expect((caught[0] as Error).cause).toBe(reason);
    });

    it('gives the failure that cancelled the scope as the cause', async () => {
      const caught: unknown[] = [];
      const failure = new Error('of another child');
      const scope = new AsyncScope();
      scope.start(catching(caught)());
      await standing();

      scope.start(throwing(failure)());
      await errorOf(scope.close());

      expect((caught[0] as Error).cause).toBe(failure);
    });

    it('never runs the code after the await', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await sleep(1);
          log.push('after');
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();
      await ms(5);

      expect(log).toEqual([]);
    });

    onlyWhere.contextIsCarried.it(
      'interrupts it also where plain async functions stand between',
      async () => {
        const log: string[] = [];
        const helper = async (): Promise<void> => {
          await null;
          try {
            await sleep(Infinity);
          } finally {
            log.push('helper');
          }
        };
        const scope = new AsyncScope();
        scope.start(
          tamed(async () => {
            try {
              await helper();
            } finally {
              log.push('function');
            }
          })(),
        );
        await ms(1);

        scope.cancel();
        await scope.close();

        expect(log).toEqual(['helper', 'function']);
      },
    );

    it('interrupts it at each call of Promise.all()', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await Promise.all([slowToUnwind('a', log), slowToUnwind('b', log)]);
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['a unwinds', 'b unwinds', 'a unwound', 'b unwound']);
    });

    it('interrupts it in a "for await" over a call, while that is silent', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            for await (const value of tamed.from(NEVER)) {
              log.push(value);
            }
          } finally {
            log.push('finally');
          }
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['finally']);
    });

    it('ends a "for await" also between two values', async () => {
      const log: unknown[] = [];
      const inLoop = latch();
      const goOn = latch();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          for await (const value of tamed.from([1, 2, 3])) {
            log.push(value);
            inLoop.open();
            await goOn;
          }
        })(),
      );
      await inLoop;

      scope.cancel();
      goOn.open();
      await scope.close();

      expect(log).toEqual([1]);
    });

    it('stops "while (true) { await sleep(1000); … }"', async () => {
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          while (true) {
            await sleep(1000);
          }
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

      expect(scope.closed).toBeTrue();
    });

    onlyWhere.contextIsCarried.it('stops such a loop, when it has gone round', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          while (true) {
            await sleep(1);
            log.push('round');
            if (log.length === 3) {
              scope.cancel();
            }
          }
        })(),
      );

      await scope.close();
      await ms(5);

      expect(log.length).toBe(3);
    });
  });

  describe('that stands at a result', () => {
    it('rejects the await, and leaves the result to its own scope', async () => {
      const caught: unknown[] = [];
      const owner = new AsyncScope();
      const scope = new AsyncScope();
      const values = new Subject<string>();
      const result = owner.start(values);
      scope.start(
        tamed(async () => {
          await result.catch((error: unknown) => caught.push(error));
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();
      values.next('value');
      values.complete();

      expect(caught).toEqual([jasmine.any(CancelledError)]);
      expect(await result).toBe('value');
    });

    onlyWhere.contextIsCarried.it(
      'interrupts it next, if the result has settled in the same tick',
      async () => {
        const log: string[] = [];
        const settling = latch();
        const scope = new AsyncScope();
        const result = scope.start(tamed(() => settling)());
        scope.events$.subscribe(({ type, id }) => log.push(`${type} ${id}`));
        scope.start(
          tamed(async () => {
            await result;
            log.push('goes on');
            await sleep(Infinity);
          })(),
        );
        await standing();
        result.subscribe({ complete: () => scope.cancel() });

        settling.open();
        await scope.close();

        expect(log).toEqual(['start 2', 'next 1', 'complete 1', 'cancel 2', 'goes on', 'cleanup 2']);
      },
    );
  });

  describe('is delivered once', () => {
    it('lets its catch and finally blocks await', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await sleep(Infinity);
          } catch {
            log.push(await later('awaited in catch', 1));
          } finally {
            log.push(await later('awaited in finally', 1));
          }
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['awaited in catch', 'awaited in finally']);
    });

    it('lets them make scopes and runs', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await sleep(Infinity);
          } finally {
            const own = new AsyncScope();
            log.push(await own.start(later('in a scope', 1)));
            log.push(await AsyncScope.run(async (inner) => await inner.start(later('in a run', 1))));
            await own.close();
          }
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['in a scope', 'in a run']);
    });

    it('does not interrupt it again when the scope is cancelled again', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await sleep(Infinity);
          } finally {
            log.push(await later('cleaned up', 5));
          }
        })(),
      );
      await standing();

      scope.cancel();
      await ms(1);
      scope.cancel();
      await scope.close();

      expect(log).toEqual(['cleaned up']);
    });

    it('lets it go on for good, if it catches that', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const result = scope.start(
        tamed(async () => {
          await sleep(Infinity).catch(() => log.push('caught'));
          await sleep(1);
          log.push('went on');
          return 'value';
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['caught', 'went on']);
      expect(result.status).toBe('cancelled');
    });
  });

  describe('waits until its promise settles', () => {
    it('and discards what it returns', async () => {
      const values: unknown[] = [];
      const scope = new AsyncScope();
      const result = scope.start(
        tamed(async () => {
          await sleep(Infinity).catch(() => undefined);
          return 'value';
        })(),
      );
      result.subscribe((value) => values.push(value));
      await standing();

      scope.cancel();
      await scope.close();

      expect(values).toEqual([]);
      expect(result.status).toBe('cancelled');
    });

    it('and counts another error as one of the cleanup', async () => {
      const failure = new Error('while it cleaned up');
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await sleep(Infinity);
          } finally {
            await throwing(failure)();
          }
        })(),
      );
      await standing();

      scope.cancel();

      expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
    });

    it('and loses neither its error nor that of the call it stood at', async () => {
      const inner = new Error('inner');
      const outer = new Error('outer');
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await throwingInFinally(inner);
          } finally {
            throw outer;
          }
        })(),
      );
      await standing();

      scope.cancel();

      expect(errorsOf(await errorOf(scope.close()))).toEqual([inner, outer]);
    });

    it('and raises the error of the call it stood at, though its own code ends in the cancellation', async () => {
      const failure = new Error('of the call');
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await throwingInFinally(failure);
        })(),
      );
      await standing();

      scope.cancel();

      expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
    });

    it('and takes an AggregateError that it throws for one error, as it is', async () => {
      const failure = new AggregateError([new Error('a'), new Error('b')]);
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await sleep(Infinity).catch(() => {
            throw failure;
          });
        })(),
      );
      await standing();

      scope.cancel();

      expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
    });

    it('and counts no CancelledError, of some other scope either', async () => {
      const other = new AsyncScope();
      const cancelled = other.start(NEVER);
      other.cancel();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await sleep(Infinity).catch(() => undefined);
          await cancelled;
        })(),
      );
      await standing();

      scope.cancel();

      await expectAsync(scope.close()).toBeResolved();
    });
  });

  it('runs nothing of one that waits in the queue', async () => {
    const log: string[] = [];
    const scope = new AsyncScope({ concurrency: 1 });
    scope.start(NEVER);
    scope.start(tamed(async () => log.push('runs'))());

    scope.cancel();
    await scope.close();

    expect(log).toEqual([]);
  });

  it('happens also without a scope, by unsubscribing', async () => {
    const log: string[] = [];
    const subscription = tamed(async () => {
      try {
        await sleep(Infinity);
      } finally {
        log.push('finally');
      }
    })().subscribe();

    subscription.unsubscribe();
    await ms(1);

    expect(log).toEqual(['finally']);
  });

  it('reports to RxJS what it throws then, where no scope waits', async () => {
    const failure = new Error('cleanup');
    const reported = await reportsOf(() => {
      tamed(async () => {
        await sleep(Infinity).catch(() => {
          throw failure;
        });
      })()
        .subscribe()
        .unsubscribe();
    });

    expect(reported).toEqual([failure]);
  });

  it('does nothing to one that has ended', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    const result = scope.start(
      tamed(async () => {
        try {
          return await later('value', 1);
        } finally {
          log.push('finally');
        }
      })(),
    );

    await result;
    scope.cancel();
    await scope.close();

    expect(log).toEqual(['finally']);
    expect(result.value).toBe('value');
  });

  onlyWhere.contextIsCarried.it('ends also what it awaits no longer, since that lost a race', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    await new Promise<void>((resolve) => {
      scope.start(
        tamed(async () => {
          await Promise.race([slowToUnwind('loser', log), sleep(1)]);
          log.push('winner');
          resolve();
          await sleep(Infinity);
        })(),
      );
    });

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['winner', 'loser unwinds', 'loser unwound']);
  });

  onlyWhere.contextIsCarried.it(
    'interrupts a leaf whose asynchronous side is an async function',
    async () => {
      const log: string[] = [];
      const awake = latch();
      const leaf = tamed({
        sync: () => undefined,
        async: async () => {
          await sleep(1);
          try {
            awake.open();
            await sleep(Infinity);
          } finally {
            log.push('finally');
          }
        },
      });
      const scope = new AsyncScope();
      scope.start(leaf());
      await awake;
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['finally']);
    },
  );
});

/** Stands at a call, and says with what that was rejected. */
const catching = (caught: unknown[]): (() => TamedCall<void>) =>
  tamed(async () => {
    await sleep(Infinity).catch((error: unknown) => caught.push(error));
  });

const throwing = (error: Error): (() => TamedCall<never>) =>
  tamed((): never => {
    throw error;
  });

const slowToUnwind = tamed(function* (name: string, log: string[]) {
  try {
    yield* sleep(Infinity);
  } finally {
    log.push(`${name} unwinds`);
    yield* sleep(5);
    log.push(`${name} unwound`);
  }
});
