import { asyncScheduler, defaultIfEmpty, lastValueFrom, map, NEVER, takeUntil, timer } from 'rxjs';

import {
  abortSignal,
  AsyncScope,
  CancelledError,
  ScopeError,
  sleep,
  tamed,
  type TamedCall,
} from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { reportsOf } from '../support/reports.ts';
import { onlyWhere } from '../support/runtime.ts';

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
      const result = owner.start(later('value', 5));
      scope.start(
        tamed(async () => {
          await result.catch((error: unknown) => caught.push(error));
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

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

    it('and counts a CancelledError of some other scope', async () => {
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

      expect(errorsOf(await errorOf(scope.close()))).toEqual([jasmine.any(CancelledError)]);
    });
  });

  describe('that stands at a foreign promise', () => {
    onlyWhere.contextIsCarried.it('interrupts it at its next tamed await', async () => {
      const log: string[] = [];
      const foreign = latch();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await foreign;
          log.push('foreign promise settled');
          try {
            await sleep(1);
            log.push('slept');
          } catch (error) {
            log.push((error as Error).name);
          }
        })(),
      );
      await standing();

      scope.cancel();
      foreign.open();
      await scope.close();

      expect(log).toEqual(['foreign promise settled', 'CancelledError']);
    });

    onlyWhere.contextIsCarried.it('does not run the call at which it interrupts it', async () => {
      const log: string[] = [];
      const foreign = latch();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await foreign;
          await tamed(() => log.push('runs'))();
        })(),
      );
      await standing();

      scope.cancel();
      foreign.open();
      await scope.close();

      expect(log).toEqual([]);
    });

    onlyWhere.contextIsCarried.it('interrupts it at a result that is there, too', async () => {
      const log: string[] = [];
      const foreign = latch();
      const other = new AsyncScope();
      const result = other.start(tamed(() => 'there')());
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await foreign;
          log.push(await result);
        })(),
      );
      await standing();

      scope.cancel();
      foreign.open();
      await scope.close();

      expect(log).toEqual([]);
    });

    onlyWhere.contextIsCarried.it('interrupts it at the first "for await" of a call', async () => {
      const log: unknown[] = [];
      const foreign = latch();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await foreign;
          for await (const value of tamed.from([1, 2])) {
            log.push(value);
          }
        })(),
      );
      await standing();

      scope.cancel();
      foreign.open();
      await scope.close();

      expect(log).toEqual([]);
    });

    onlyWhere.contextIsCarried.it('has a scope that it makes then start cancelled', async () => {
      const log: string[] = [];
      const foreign = latch();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await foreign;
          const own = new AsyncScope();
          log.push(own.start(tamed(() => log.push('runs'))()).status);
        })(),
      );
      await standing();

      scope.cancel();
      foreign.open();
      await scope.close();

      expect(log).toEqual(['cancelled']);
    });

    onlyWhere.contextIsCarried.it(
      'has a scope start cancelled that it makes in a finally block before it was told',
      async () => {
        const log: boolean[] = [];
        const foreign = latch();
        const scope = new AsyncScope();
        scope.start(
          tamed(async () => {
            try {
              await foreign;
            } finally {
              log.push(new AsyncScope().cancelled);
              await sleep(0).catch(() => undefined);
              log.push(new AsyncScope().cancelled);
            }
          })(),
        );
        await standing();

        scope.cancel();
        foreign.open();
        await scope.close();

        expect(log).toEqual([true, false]);
      },
    );

    it('waits for it if it settles within a macrotask', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.events$.subscribe(({ type }) => log.push(type));
      scope.start(
        tamed(async () => {
          for (let n = 0; n < 100; n++) {
            await null;
          }
          log.push('settles');
        })(),
      );

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['start', 'cancel', 'settles', 'cleanup']);
    });

    it('lets it go a macrotask later, and says so', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.events$.subscribe(({ type, name }) => log.push(`${type} ${name}`));
      scope.start(
        tamed(async function stuck() {
          await never();
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['start stuck', 'cancel stuck', 'abandon stuck', 'cleanup stuck']);
    });

    it('lets it go also where it only returned somebody else’s promise', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.events$.subscribe(({ type }) => log.push(type));
      scope.start(tamed(() => never())());
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toContain('abandon');
    });

    it('ignores the outcome of one that was let go', async () => {
      const log: string[] = [];
      const reported = await reportsOf(async () => {
        const foreign = latch();
        const scope = new AsyncScope();
        scope.start(
          tamed(async () => {
            await foreign;
            log.push('fails');
            throw new Error('too late');
          })(),
        );
        await standing();

        scope.cancel();
        await scope.close();
        foreign.open();
      });

      expect(reported).toEqual([]);
      expect(log).toEqual(['fails']);
    });

    onlyWhere.contextIsCarried.it('tells one that was let go at its next tamed await', async () => {
      const caught: unknown[] = [];
      const foreign = latch();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await foreign;
          await sleep(1).catch((error: unknown) => caught.push(error));
        })(),
      );
      await standing();

      scope.cancel('why');
      await scope.close();
      foreign.open();
      await ms(5);

      expect(caught).toEqual([jasmine.any(CancelledError)]);
      expect((caught[0] as Error).cause).toBe('why');
    });

    onlyWhere.contextIsCarried.it(
      'has the abort signal aborted that one takes which was let go',
      async () => {
        const aborted: boolean[] = [];
        const foreign = latch();
        const scope = new AsyncScope();
        scope.start(
          tamed(async () => {
            await foreign;
            aborted.push(abortSignal().aborted);
          })(),
        );
        await standing();

        scope.cancel();
        await scope.close();
        foreign.open();
        await ms(1);

        expect(aborted).toEqual([true]);
      },
    );

    it('raises what was cleaned up under one that was let go', async () => {
      const failure = new Error('of its own scope');
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          new AsyncScope().start(throwingInFinally(failure));
          await never();
        })(),
      );

      scope.cancel();

      expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
    });
  });

  describe('that took its abort signal', () => {
    it('aborts that, and does not let it go', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.events$.subscribe(({ type }) => log.push(type));
      scope.start(
        tamed(async () => {
          const signal = abortSignal();
          await new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => setTimeout(resolve, 5));
          });
          log.push('settles');
        })(),
      );

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['start', 'cancel', 'settles', 'cleanup']);
    });

    it('discards the reason of the abort, come back as an error', async () => {
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await rejectedBy(abortSignal());
        })(),
      );

      scope.cancel(new Error('reason'));

      expect(await errorOf(scope.close())).toBeUndefined();
    });

    it('discards an AbortError that somebody made of it', async () => {
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          const signal = abortSignal();
          await rejectedBy(signal).catch(() => {
            throw new DOMException('made by a library', 'AbortError');
          });
        })(),
      );

      scope.cancel(new Error('reason'));

      expect(await errorOf(scope.close())).toBeUndefined();
    });

    it('counts every other error', async () => {
      const failure = new Error('of a library');
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          const signal = abortSignal();
          await rejectedBy(signal).catch(() => {
            throw failure;
          });
        })(),
      );

      scope.cancel();

      expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
    });

    it('counts an AbortError of somebody else’s abort, if it took no signal', async () => {
      const failure = new DOMException('of something else', 'AbortError');
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

    it('interrupts it all the same at a tamed call that it had come to in that very tick', async () => {
      const log: string[] = [];
      const scope = new AsyncScope({ exitMode: 'cancel' });
      scope.start(
        tamed(async () => {
          abortSignal();
          try {
            await sleep(Infinity);
          } finally {
            await sleep(1);
            log.push('cleaned up');
          }
        })(),
      );

      await scope.close();

      expect(log).toEqual(['cleaned up']);
    });

    it('has told it by that, so its next tamed await is an ordinary one', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await rejectedBy(abortSignal()).catch(() => undefined);
          log.push(await later('awaited', 1));
        })(),
      );

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['awaited']);
    });
  });

  describe('by itself, while it runs', () => {
    onlyWhere.contextIsCarried.it('waits for it at a foreign promise, since it knows', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.events$.subscribe(({ type }) => log.push(type));
      scope.start(
        tamed(async () => {
          await sleep(1);
          scope.cancel();
          await ms(10);
          log.push('settles');
        })(),
      );

      await scope.close();

      expect(log).toEqual(['start', 'cancel', 'settles', 'cleanup']);
    });

    it('does so in its first segment, too', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          scope.cancel();
          await ms(10);
          log.push('settles');
        })(),
      );

      await scope.close();

      expect(log).toEqual(['settles']);
    });

    onlyWhere.contextIsCarried.it('interrupts it at its next tamed await', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            scope.cancel();
            log.push('still running');
            await sleep(1);
            log.push('slept');
          } finally {
            log.push(await later('finally', 1));
          }
        })(),
      );

      await scope.close();

      expect(log).toEqual(['still running', 'finally']);
    });

    it('waits for it also where an async function that it calls has cancelled', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const inner = tamed(async () => {
        scope.cancel();
        await ms(10);
        log.push('inner settles');
      });
      scope.start(
        tamed(async () => {
          try {
            await inner();
          } finally {
            log.push('outer unwinds');
          }
        })(),
      );

      await scope.close();

      expect(log).toEqual(['inner settles', 'outer unwinds']);
    });

    it('lets it go where only a timer of it cancels, and it stands at a foreign promise', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      scope.events$.subscribe(({ type }) => log.push(type));
      scope.start(
        tamed(async () => {
          setTimeout(() => scope.cancel(), 1);
          await never();
        })(),
      );

      await scope.close();

      expect(log).toContain('abandon');
    });
  });

  describe('that waits for another one', () => {
    it('unwinds the inner one first', async () => {
      const log: string[] = [];
      const inner = tamed(async () => {
        try {
          await sleep(Infinity);
        } finally {
          log.push(await later('inner', 2));
        }
      });
      const outer = tamed(async () => {
        try {
          await inner();
        } finally {
          log.push('outer');
        }
      });
      const scope = new AsyncScope();
      scope.start(outer());
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['inner', 'outer']);
    });

    it('tells the outer one when the inner one was let go', async () => {
      const log: string[] = [];
      const inner = tamed(async () => {
        await never();
      });
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await inner();
          } finally {
            log.push('outer');
          }
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['outer']);
    });

    it('goes through coroutines and async functions alike', async () => {
      const log: string[] = [];
      const innermost = tamed(async () => {
        try {
          await sleep(Infinity);
        } finally {
          log.push('async function');
        }
      });
      const between = tamed(function* () {
        try {
          yield* innermost();
        } finally {
          log.push('coroutine');
        }
      });
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          try {
            await between();
          } finally {
            log.push('outer async function');
          }
        })(),
      );
      await standing();

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['async function', 'coroutine', 'outer async function']);
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
      const leaf = tamed({
        sync: () => undefined,
        async: async () => {
          await sleep(1);
          try {
            await sleep(Infinity);
          } finally {
            log.push('finally');
          }
        },
      });
      const scope = new AsyncScope();
      scope.start(leaf());
      await ms(5);

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['finally']);
    },
  );
});

describe('Cancelling an async generator', () => {
  it('interrupts it at the tamed call it awaits', async () => {
    const log: unknown[] = [];
    const scope = new AsyncScope();
    const rows = tamed(async function* () {
      try {
        yield 1;
        await sleep(Infinity);
        yield 2;
      } catch (error) {
        log.push((error as Error).name);
      }
    });
    scope.start(rows()).subscribe((row) => log.push(row));
    await ms(1);

    scope.cancel();
    await scope.close();

    expect(log).toEqual([1, 'CancelledError']);
  });

  it('calls return() between two values, whose finally block is waited for', async () => {
    const log: unknown[] = [];
    const scope = new AsyncScope();
    const rows = tamed(async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        log.push(await later('finally', 5));
      }
    });
    scope.start(
      rows().pipe(
        map((row) => {
          log.push(row);
          scope.cancel();
        }),
      ),
    );

    await scope.close();

    expect(log).toEqual([1, 'finally']);
  });

  it('lets it go at a foreign promise', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async function* () {
        await never();
        yield 1;
      })(),
    );
    await ms(1);

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel', 'abandon', 'cleanup']);
  });

  it('does not let it go if it took its signal', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async function* () {
        const signal = abortSignal();
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => setTimeout(resolve, 5));
        });
        yield 1;
      })(),
    );

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel', 'cleanup']);
  });

  it('runs nothing of it if it was never asked', async () => {
    const log: string[] = [];
    const scope = new AsyncScope({ concurrency: 1 });
    scope.start(NEVER);
    scope.start(
      tamed(async function* () {
        log.push('runs');
      })(),
    );

    scope.cancel();
    await scope.close();

    expect(log).toEqual([]);
  });

  it('raises what its finally block throws', async () => {
    const failure = new Error('cleanup');
    const scope = new AsyncScope();
    scope.start(
      tamed(async function* () {
        try {
          yield 1;
          await sleep(Infinity);
        } finally {
          throw failure;
        }
      })(),
    );
    await ms(1);

    scope.cancel();

    expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
  });

  it('raises once what a generator throws between two values', async () => {
    const failure = new Error('cleanup');
    const scope = new AsyncScope();
    const rows = tamed(async function* () {
      try {
        yield 1;
      } finally {
        throw failure;
      }
    });
    scope.start(rows().pipe(map(() => scope.cancel())));

    expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
  });

  it('waits also for an iterator without return()', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    const plain: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => never() }),
    };
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(tamed(() => plain)());

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel', 'abandon', 'cleanup']);
  });

  it('emits nothing any more', async () => {
    const values: number[] = [];
    const scope = new AsyncScope();
    scope
      .start(
        tamed(async function* () {
          yield 1;
          await sleep(Infinity).catch(() => undefined);
          yield 2;
        })(),
      )
      .subscribe((value) => values.push(value));
    await ms(1);

    scope.cancel();
    await scope.close();

    expect(values).toEqual([1]);
  });
});

describe('abortSignal()', () => {
  it('throws outside of tamed calls, and says so', () => {
    expect(() => abortSignal()).toThrowError(/no tamed call/);
  });

  it('is one signal for one call, and another for another', () => {
    const signals: AbortSignal[] = [];
    const take = tamed(() => void signals.push(abortSignal(), abortSignal()));

    take().subscribe();
    take().subscribe();

    expect(signals[0]).toBe(signals[1]);
    expect(signals[2]).not.toBe(signals[0]);
  });

  it('aborts when the call is cancelled, with an AbortError', () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(taking(signals));

    scope.cancel();

    expect(signals[0]!.aborted).toBeTrue();
    expect((signals[0]!.reason as Error).name).toBe('AbortError');
  });

  it('aborts with the reason, where there is one', () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(taking(signals));

    scope.cancel('reason');

    expect(signals[0]!.reason).toBe('reason');
  });

  it('aborts before the call unwinds', () => {
    const log: boolean[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        const signal = abortSignal();
        try {
          yield* sleep(Infinity);
        } finally {
          log.push(signal.aborted);
        }
      })(),
    );

    scope.cancel();

    expect(log).toEqual([true]);
  });

  it('has aborted for who takes it in a finally block after a cancel', () => {
    const log: boolean[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          log.push(abortSignal().aborted);
        }
      })(),
    );

    scope.cancel();

    expect(log).toEqual([true]);
  });

  onlyWhere.contextIsCarried.it('has aborted in the finally block of an async function, too', async () => {
    const log: boolean[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        try {
          await sleep(Infinity);
        } finally {
          log.push(abortSignal().aborted);
        }
      })(),
    );
    await standing();

    scope.cancel();
    await scope.close();

    expect(log).toEqual([true]);
  });

  it('does not abort at a normal end', async () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        signals.push(abortSignal());
        await sleep(1);
      })(),
    );

    await scope.close();
    scope.cancel();

    expect(signals[0]!.aborted).toBeFalse();
  });

  it('does not abort at a failure', async () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(() => {
        signals.push(abortSignal());
        throw new Error('failure');
      })(),
    );

    await errorOf(scope.close());

    expect(signals[0]!.aborted).toBeFalse();
  });

  it('does not abort when something that the call waited for is torn down', async () => {
    const signals: AbortSignal[] = [];
    const inner: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        signals.push(abortSignal());
        yield* tamed.from(taking(inner).pipe(takeUntil(timer(1)), defaultIfEmpty(undefined)));
        yield* sleep(1);
      })(),
    );

    await scope.close();

    expect(inner[0]!.aborted).toBeTrue();
    expect(signals[0]!.aborted).toBeFalse();
  });

  it('is that of the call whose code subscribes an Observable', () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(() => {
        signals.push(abortSignal());
        return NEVER;
      })(),
    );

    scope.cancel();

    expect(signals[0]!.aborted).toBeTrue();
  });

  it('is that of the body in a run', async () => {
    const signals: AbortSignal[] = [];
    const run = AsyncScope.run((scope) => {
      signals.push(abortSignal());
      scope.cancel('reason');
    });

    await run;

    expect(signals[0]!.reason).toBe('reason');
  });
});

describe('A cancelled call in the middle of things', () => {
  it('does not swallow a CancelledError of a scope that is not its own', async () => {
    const other = new AsyncScope();
    const cancelled = other.start(NEVER);
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await cancelled;
      })(),
    );

    other.cancel();

    expect(errorsOf(await errorOf(scope.close()))).toEqual([jasmine.any(CancelledError)]);
  });

  it('leaves a promise that it only listened to', async () => {
    const log: string[] = [];
    const foreign = ms(2).then(() => log.push('goes on'));
    const scope = new AsyncScope();
    scope.start(tamed.from(foreign));

    scope.cancel();
    await scope.close();
    await foreign;

    expect(log).toEqual(['goes on']);
  });

  it('is not let go, since nobody waits, where the source is a promise', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(never());

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel']);
  });

  it('leaves no timer behind', async () => {
    await runMarblesAsync(async ({ scope, flush }) => {
      const own = scope();
      own.start(sleep(100_000));
      own.start(later('value', 100_000));
      own.start(tamed(async () => await sleep(100_000))());
      await standing();

      own.cancel();
      await own.close();
      await flush(); // Until nothing is due.

      expect(asyncScheduler.now()).toBeLessThan(100);
    });
  });

  it('is reached through lastValueFrom() no more than any foreign promise', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async () => {
        await lastValueFrom(NEVER);
      })(),
    );

    scope.cancel();
    await scope.close();

    expect(log).toContain('abandon');
  });
});

/** A promise that settles when it is told to. */
function latch(): Promise<void> & { open: () => void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return Object.assign(promise, { open: () => open() });
}

/** Until the async functions that have been started stand at what they await: "await" asks for it a microtask later. */
function standing(): Promise<void> {
  return ms(1);
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function ms(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

/** Stands at a call, and says with what that was rejected. */
const catching = (caught: unknown[]): (() => TamedCall<void>) =>
  tamed(async () => {
    await sleep(Infinity).catch((error: unknown) => caught.push(error));
  });

/** Takes its signal, and waits. */
const taking = tamed(function* (signals: AbortSignal[]) {
  signals.push(abortSignal());
  yield* sleep(Infinity);
});

const later = tamed(function* <T>(value: T, time: number) {
  yield* sleep(time);
  return value;
});

const throwing = (error: Error): (() => TamedCall<never>) =>
  tamed((): never => {
    throw error;
  });

const throwingInFinally = tamed(function* (error: Error) {
  try {
    yield* sleep(Infinity);
  } finally {
    throw error;
  }
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

async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** What a scope has raised, one by one. */
function errorsOf(raised: unknown): unknown[] {
  expect(raised).toBeInstanceOf(ScopeError);
  return (raised as ScopeError).errors;
}
