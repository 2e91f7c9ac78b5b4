import { asyncScheduler, finalize, NEVER, Observable, tap, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  abortSignal,
  AsyncScope,
  CancelledError,
  cleanup,
  ScopeError,
  sleep,
  tamed,
  type DelayedResult,
  type TamedCall,
} from '../../src/index.ts';
import { reportsOf } from '../support/reports.ts';

describe('A coroutine', () => {
  it('runs nothing before it is subscribed', () => {
    const { lines, note } = diary();
    const call = tamed(function* () {
      note('runs');
    })();

    expect(lines).toEqual([]);

    call.subscribe();

    expect(lines.length).toBe(1);
  });

  it('runs again for each subscription', () => {
    const { lines, note } = diary();
    const call = tamed(function* () {
      note('runs');
    })();

    call.subscribe();
    call.subscribe();

    expect(lines.length).toBe(2);
  });

  it('waits at each yield* and goes on with the last value', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const inner = tamed(function* (n: number) {
        yield* sleep(n);
        return n * 2;
      });
      const outer = tamed(function* () {
        const a = yield* inner(1);
        note(`a=${a}`);
        const b = yield* tamed.from(timer(0, 10).pipe(takeThree));
        note(`b=${b}`);
        return a + b;
      });

      outer().subscribe((sum) => note(`sum=${sum}`));
      flush();

      expect(lines).toEqual(['1 a=2', '21 b=2', '21 sum=4']);
    });
  });

  it('goes on in the same tick when what it waits for is there', () => {
    const { lines, note } = diary();
    const outer = tamed(function* () {
      note(`got ${yield* tamed(() => 'plain')()}`);
      note(`got ${yield* tamed.from(['x', 'y'])}`);
    });

    outer().subscribe();

    expect(lines.map(textOf)).toEqual(['got plain', 'got y']);
  });

  it('gets the failure of what it waits for thrown at the yield*, as it is', () => {
    const failure = new Error('inner');
    const caught: unknown[] = [];
    const outer = tamed(function* () {
      try {
        yield* failing(failure);
      } catch (error) {
        caught.push(error);
        return 'handled';
      }
      return 'not handled';
    });

    outer().subscribe((value) => caught.push(value));

    expect(caught).toEqual([failure, 'handled']);
  });

  it('fails with what it does not catch', () => {
    const failure = new Error('inner');
    const heard: unknown[] = [];

    tamed(function* () {
      yield* failing(failure);
    })().subscribe({ error: (error: unknown) => heard.push(error) });

    expect(heard).toEqual([failure]);
  });

  it('runs a finally block once at a normal end and once at a failure', () => {
    const { lines, note } = diary();
    const outer = tamed(function* (fails: boolean) {
      try {
        yield* failing(fails ? new Error('inner') : undefined);
      } finally {
        note('finally');
      }
    });

    outer(false).subscribe();
    outer(true).subscribe({ error: () => note('failed') });

    expect(lines.map(textOf)).toEqual(['finally', 'finally', 'failed']);
  });

  describe('that is cancelled', () => {
    it('unsubscribes what it waits for, waits for its cleanup, and then unwinds', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const source = NEVER.pipe(
          finalize(() => {
            note('source torn down');
            cleanup(sleep(10).pipe(tap(() => note('source clean'))));
          }),
        );
        scope.start(
          tamed(function* () {
            try {
              yield* tamed.from(source);
            } finally {
              note('finally');
            }
          })(),
        );
        timer(5).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 source torn down', '15 source clean', '15 finally', '15 closed']);
      });
    });

    it('lets a finally block yield*, for which the scope waits', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(slowToUnwind('a', note));
        timer(5).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 a unwinds', '15 a unwound', '15 closed']);
      });
    });

    it('gets the value of a yield* in a finally block', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            try {
              yield* sleep(100);
            } finally {
              note(`saved ${yield* later(7, 3)}`);
            }
          })(),
        );
        timer(5).subscribe(() => scope.cancel());

        flush();

        expect(lines).toEqual(['8 saved 7']);
      });
    });

    it('gets the failure of a yield* in a finally block, where it may catch it', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            try {
              yield* sleep(100);
            } finally {
              try {
                yield* failing(new Error('save'));
              } catch {
                note('caught');
              }
            }
          })(),
        );
        timer(5).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 caught', '5 closed']);
      });
    });

    it('runs nested finally blocks from the inside out, each once', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            try {
              try {
                yield* sleep(100);
              } finally {
                yield* sleep(1);
                note('inner');
              }
            } finally {
              yield* sleep(1);
              note('outer');
            }
          })(),
        );
        timer(5).subscribe(() => scope.cancel());

        flush();

        expect(lines).toEqual(['6 inner', '7 outer']);
      });
    });

    it('unwinds the coroutine it waits for before itself', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            try {
              yield* slowToUnwind('inner', note);
            } finally {
              note('outer unwinds');
            }
          })(),
        );
        timer(5).subscribe(() => scope.cancel());

        flush();

        expect(lines).toEqual(['5 inner unwinds', '15 inner unwound', '15 outer unwinds']);
      });
    });

    it('never runs the code after the yield* at which it stood, nor a catch block', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            try {
              yield* sleep(10);
              note('after');
            } catch {
              note('catch');
            }
            note('after the try');
          })(),
        );
        timer(5).subscribe(() => scope.cancel());

        flush();

        expect(lines).toEqual([]);
        expect(scope.size).toBe(0);
      });
    });

    it('is over when cancel() returns if its cleanup is synchronous', () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* tamed.from(NEVER);
          } finally {
            note('finally');
          }
        })(),
      );

      scope.cancel();

      expect(lines.length).toBe(1);
      expect(scope.size).toBe(0);
    });

    it('is cancelled once, though it is asked twice', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(slowToUnwind('a', note));
        timer(5).subscribe(() => scope.cancel());
        timer(8).subscribe(() => scope.cancel());

        flush();

        expect(lines).toEqual(['5 a unwinds', '15 a unwound']);
      });
    });

    it('is cancelled once, though its finally block cancels the scope again', () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* tamed.from(NEVER);
          } finally {
            note('finally');
            scope.cancel();
          }
        })(),
      );

      scope.cancel();

      expect(lines.length).toBe(1);
      expect(scope.size).toBe(0);
    });

    it('runs none of its code if it has not begun', () => {
      const { lines, note } = diary();
      const scope = new AsyncScope({ concurrency: 1 });
      scope.start(NEVER);
      scope.start(
        tamed(function* () {
          try {
            note('begins');
            yield* sleep(1);
          } finally {
            note('finally');
          }
        })(),
      );

      scope.cancel();

      expect(lines).toEqual([]);
      expect(scope.size).toBe(0);
    });

    it('has nothing to unwind once it has ended', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const result = scope.start(slowToUnwind('a', note));

        flush();
        scope.cancel();

        expect(lines).toEqual(['100 a unwinds', '110 a unwound']);
        expect(result.status).toBe('succeeded');
      });
    });

    it('unwinds also when it is simply unsubscribed', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const subscription = slowToUnwind('a', note).subscribe({
          next: () => note('value'),
          complete: () => note('complete'),
        });
        timer(5).subscribe(() => subscription.unsubscribe());

        flush();

        expect(lines).toEqual(['5 a unwinds', '15 a unwound']);
      });
    });

    it('does not pull a result down with it for which it only waits', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const owner = new AsyncScope();
        const waiter = new AsyncScope();
        const result = owner.start(later('value', 20));
        waiter.start(
          tamed(function* () {
            try {
              yield* result;
            } finally {
              note('waiter ends');
            }
          })(),
        );
        timer(5).subscribe(() => waiter.cancel());

        flush();

        expect(lines).toEqual(['5 waiter ends']);
        expect(result.value).toBe('value');
      });
    });
  });

  describe('that cancels itself while it runs', () => {
    it('goes on to its next yield*, and unwinds there', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            try {
              yield* sleep(5);
              scope.cancel();
              note('still running');
              yield* sleep(5);
              note('after');
            } finally {
              note('finally');
            }
          })(),
        );

        flush();

        expect(lines).toEqual(['5 still running', '5 finally']);
      });
    });

    it('never subscribes what that yield* names', () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          scope.cancel();
          yield* tamed(() => note('subscribed'))();
        })(),
      );

      expect(lines).toEqual([]);
      expect(scope.size).toBe(0);
    });

    it('does so in its first, synchronous segment too, and its cleanup is waited for', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            try {
              scope.cancel();
              yield* sleep(1);
            } finally {
              note('unwinds');
              yield* sleep(10);
              note('unwound');
            }
          })(),
        );
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 unwinds', '10 unwound', '10 closed']);
      });
    });

    it('has simply returned if it returns before that', () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      const result = scope.start(
        tamed(function* () {
          try {
            scope.cancel();
            return 'value';
          } finally {
            note('finally');
          }
        })(),
      );

      expect(lines.length).toBe(1);
      expect(result.status).toBe('cancelled');
      expect(scope.size).toBe(0);
    });

    it('raises what it throws before that', async () => {
      const scope = new AsyncScope();
      const failure = new Error('after the cancel');
      scope.start(
        tamed(function* () {
          scope.cancel();
          throw failure;
        })(),
      );

      const raised = await raisedBy(scope);

      expect(raised.errors).toEqual([failure]);
    });

    it('unwinds only when the children it made are clean', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const outer = new AsyncScope();
        outer.start(
          tamed(function* () {
            const own = new AsyncScope();
            try {
              own.start(slowToUnwind('child', note));
              outer.cancel();
              yield* sleep(1);
            } finally {
              note('owner unwinds');
            }
          })(),
        );

        flush();

        expect(lines).toEqual(['0 child unwinds', '10 child unwound', '10 owner unwinds']);
      });
    });
  });

  describe('with errors in its cleanup', () => {
    it('gives what a finally block throws to its scope', async () => {
      const scope = new AsyncScope();
      const failure = new Error('cleanup');
      const result = scope.start(throwingInFinally(failure));

      scope.cancel();

      expect((await raisedBy(scope)).errors).toEqual([failure]);
      expect(result.status).toBe('cancelled');
    });

    it('gives what it throws after a yield* in its finally block', () => {
      virtually((flush) => {
        const raised: unknown[] = [];
        const failure = new Error('late');
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            try {
              yield* sleep(100);
            } finally {
              yield* sleep(10);

              throw failure;
            }
          })(),
        );
        timer(5).subscribe(() => scope.cancel());
        scope
          .close()
          .subscribe({ error: (error: ScopeError) => raised.push(...(error.errors as unknown[])) });

        flush();

        expect(raised).toEqual([failure]);
      });
    });

    it('loses neither the error of an inner coroutine nor its own', async () => {
      const scope = new AsyncScope();
      const inner = new Error('inner');
      const outer = new Error('outer');
      scope.start(
        tamed(function* () {
          try {
            yield* throwingInFinally(inner);
          } finally {
            throw outer;
          }
        })(),
      );

      scope.cancel();

      expect((await raisedBy(scope)).errors).toEqual([inner, outer]);
    });

    it('unwinds all the same when the cleanup of what it waits for has failed', async () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* throwingInFinally(new Error('inner'));
          } finally {
            note('outer finally');
          }
        })(),
      );

      scope.cancel();
      await raisedBy(scope);

      expect(lines.length).toBe(1);
    });

    it('counts a failure of what its finally block waits for', async () => {
      const scope = new AsyncScope();
      const failure = new Error('save');
      scope.start(
        tamed(function* () {
          try {
            yield* tamed.from(NEVER);
          } finally {
            yield* failing(failure);
          }
        })(),
      );

      scope.cancel();

      expect((await raisedBy(scope)).errors).toEqual([failure]);
    });

    it('reports them to RxJS where no scope waits', async () => {
      const failure = new Error('cleanup');
      const reported = await reportsOf(() => {
        throwingInFinally(failure).subscribe().unsubscribe();
      });

      expect(reported).toEqual([failure]);
    });
  });

  describe('whose finally block does something else', () => {
    it('has been cancelled though it returns a value there', () => {
      const scope = new AsyncScope();
      const result = scope.start(
        tamed(function* () {
          try {
            yield* tamed.from(NEVER);
          } finally {
            return 'value';
          }
        })(),
      );

      scope.cancel();

      expect(result.status).toBe('cancelled');
      expect(scope.size).toBe(0);
    });

    it('gets an error thrown at a plain yield, which counts as an error of the cleanup', async () => {
      const scope = new AsyncScope();
      scope.start(
        (function* (): Generator<unknown, void, never> {
          try {
            yield* tamed.from(NEVER);
          } finally {
            yield 'something else';
          }
        })(),
      );

      scope.cancel();

      expect((await raisedBy(scope)).errors).toEqual([jasmine.any(TypeError)]);
    });

    it('is waited for until it ends, though it ignores return() and goes on', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            for (let round = 1; round <= 3; round++) {
              try {
                yield* sleep(10);
              } finally {
                note(`round ${round}`);

                continue;
              }
            }
            note('ended');
          })(),
        );
        timer(5).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 round 1', '15 round 2', '25 round 3', '25 ended', '25 closed']);
      });
    });

    it('is not cancelled a second time while it unwinds', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const outer = new AsyncScope();
        outer.start(
          tamed(function* () {
            const own = new AsyncScope();
            own.start(slowToUnwind('child', note));
            yield* own.close();
          })(),
        );
        timer(5).subscribe(() => outer.cancel());
        timer(7).subscribe(() => outer.cancel());

        flush();

        expect(lines).toEqual(['5 child unwinds', '15 child unwound']);
      });
    });
  });

  it('may make scopes and runs while it unwinds, as usual', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(100);
          } finally {
            const saved = yield* AsyncScope.run(function* (own) {
              return yield* own.start(later('saved', 10));
            });
            note(saved);
          }
        })(),
      );
      timer(5).subscribe(() => scope.cancel());

      flush();

      expect(lines).toEqual(['15 saved']);
    });
  });

  it('subscribes what it waits for as its own code, though it was resumed by cancelled code of others', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const cancelled = new AsyncScope();
      const alive = new AsyncScope();
      const gate = new Observable<string>((subscriber) => {
        opens.push(() => {
          subscriber.next('open');
          subscriber.complete();
        });
      });
      const opens: (() => void)[] = [];
      const waiting = alive.start(
        tamed(function* () {
          yield* tamed.from(gate);
          return yield* AsyncScope.run(function* (own) {
            return yield* own.start(later('from the new run', 10));
          });
        })(),
      );
      cancelled.start(
        tamed(function* () {
          try {
            yield* sleep(5);
            cancelled.cancel();
            opens.forEach((open) => open());
          } finally {
            note('cancelled one ends');
          }
        })(),
      );

      flush();

      expect(lines).toEqual(['5 cancelled one ends']);
      expect(waiting.value).toBe('from the new run');
    });
  });

  it('knows its own abort signal at every step', () => {
    virtually((flush) => {
      const signals: AbortSignal[] = [];
      tamed(function* () {
        signals.push(abortSignal());
        yield* sleep(1);
        signals.push(abortSignal());
      })().subscribe();

      flush();

      expect(signals.length).toBe(2);
      expect(signals[0]).toBe(signals[1]);
    });
  });

  describe('of great length', () => {
    it('does not overflow the stack with 10 000 synchronous yield* in a row', () => {
      const values: number[] = [];
      const one = tamed(() => 1);

      tamed(function* () {
        let sum = 0;
        for (let n = 0; n < 10_000; n++) {
          sum += yield* one();
        }
        return sum;
      })().subscribe((sum) => values.push(sum));

      expect(values).toEqual([10_000]);
    });

    it('does not overflow the stack with 10 000 synchronous yield* of coroutines in a row', () => {
      const values: number[] = [];
      const one = tamed(function* () {
        return 1;
      });

      tamed(function* () {
        let sum = 0;
        for (let n = 0; n < 10_000; n++) {
          sum += yield* one();
        }
        return sum;
      })().subscribe((sum) => values.push(sum));

      expect(values).toEqual([10_000]);
    });

    it('does not overflow the stack with 10 000 failures caught in a row', () => {
      const values: number[] = [];
      const failure = new Error('each time');

      tamed(function* () {
        let caught = 0;
        for (let n = 0; n < 10_000; n++) {
          try {
            yield* failing(failure);
          } catch {
            caught++;
          }
        }
        return caught;
      })().subscribe((sum) => values.push(sum));

      expect(values).toEqual([10_000]);
    });

    it('does not overflow the stack with 10 000 results that are there in a row', () => {
      const values: number[] = [];
      const scope = new AsyncScope();
      const result = scope.start(tamed(() => 1)());

      tamed(function* () {
        let sum = 0;
        for (let n = 0; n < 10_000; n++) {
          sum += yield* result;
        }
        return sum;
      })().subscribe((sum) => values.push(sum));

      expect(values).toEqual([10_000]);
    });

    it('does not overflow the stack with 10 000 synchronous yield* in a finally block', () => {
      const { lines, note } = diary();
      const one = tamed(() => 1);
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* tamed.from(NEVER);
          } finally {
            for (let n = 0; n < 10_000; n++) {
              yield* one();
            }
            note('unwound');
          }
        })(),
      );

      scope.cancel();

      expect(lines.length).toBe(1);
      expect(scope.size).toBe(0);
    });
  });

  describe('10 000 deep', () => {
    const DEPTH = 10_000;

    it('starts and ends', () => {
      virtually((flush) => {
        const values: number[] = [];
        chain(DEPTH, sleep(1)).subscribe((depth) => values.push(depth));

        flush();

        expect(values).toEqual([DEPTH]);
      });
    });

    it('starts and ends in one tick', () => {
      const values: number[] = [];

      chain(DEPTH, tamed(() => undefined)()).subscribe((depth) => values.push(depth));

      expect(values).toEqual([DEPTH]);
    });

    it('fails with the failure of the innermost', () => {
      virtually((flush) => {
        const failure = new Error('innermost');
        const heard: unknown[] = [];
        const innermost = tamed(function* () {
          yield* sleep(1);
          throw failure;
        });
        chain(DEPTH, innermost()).subscribe({ error: (error: unknown) => heard.push(error) });

        flush();

        expect(heard).toEqual([failure]);
      });
    });

    it('is cancelled, with synchronous finally blocks', () => {
      const counts = { unwound: 0 };
      const scope = new AsyncScope();
      scope.start(chain(DEPTH, tamed.from(NEVER), counts));

      scope.cancel();

      expect(counts.unwound).toBe(DEPTH);
      expect(scope.size).toBe(0);
    });

    it('is cancelled, with finally blocks that take time', () => {
      virtually((flush) => {
        const counts = { unwound: 0 };
        const scope = new AsyncScope();
        scope.start(chain(DEPTH, tamed.from(NEVER), counts, sleep(1)));

        scope.cancel();
        flush();

        expect(counts.unwound).toBe(DEPTH);
        expect(asyncScheduler.now()).toBe(DEPTH);
        expect(scope.size).toBe(0);
      });
    });

    it('is cancelled from inside its innermost', () => {
      const counts = { unwound: 0 };
      const scope = new AsyncScope();
      const innermost = tamed(function* () {
        scope.cancel();
        yield* sleep(1);
      });

      scope.start(chain(DEPTH, innermost(), counts));

      expect(counts.unwound).toBe(DEPTH);
      expect(scope.size).toBe(0);
    });

    it('is unsubscribed without a scope', () => {
      const counts = { unwound: 0 };

      chain(DEPTH, tamed.from(NEVER), counts).subscribe().unsubscribe();

      expect(counts.unwound).toBe(DEPTH);
    });
  });

  describe('that waits for a result', () => {
    it('gets a CancelledError when that is cancelled, and has failed with it', async () => {
      const other = new AsyncScope();
      const scope = new AsyncScope();
      const result = other.start(NEVER);
      scope.start(
        tamed(function* () {
          yield* result;
        })(),
      );

      other.cancel('no longer needed');

      expect((await raisedBy(scope)).errors).toEqual([jasmine.any(CancelledError)]);
    });

    it('goes on with the value of each, in the order of their start, before their scope closes', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const result: DelayedResult<string> = scope.start(later('value', 5));
        scope.start(
          tamed(function* () {
            note(`first ${yield* result}`);
          })(),
        );
        scope.start(
          tamed(function* () {
            note(`second ${yield* result}`);
          })(),
        );
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 first value', '5 second value', '5 closed']);
      });
    });
  });
});

const takeThree = (source: Observable<number>): Observable<number> =>
  new Observable((subscriber) => {
    const inner = source.subscribe((n) => {
      subscriber.next(n);
      if (n === 2) {
        subscriber.complete();
      }
    });
    return () => inner.unsubscribe();
  });

const failing = tamed((error: Error | undefined) => {
  if (error !== undefined) {
    throw error;
  }
});

const later = tamed(function* <T>(value: T, ms: number) {
  yield* sleep(ms);
  return value;
});

const slowToUnwind = tamed(function* (name: string, note: (what: string) => void) {
  try {
    yield* sleep(100);
  } finally {
    note(`${name} unwinds`);
    yield* sleep(10);
    note(`${name} unwound`);
  }
});

const throwingInFinally = tamed(function* (error: Error) {
  try {
    yield* tamed.from(NEVER);
  } finally {
    throw error;
  }
});

/** Coroutines one inside the other, `innermost` in the last of them. It emits how many there are. */
function chain(
  depth: number,
  innermost: TamedCall<unknown>,
  counts = { unwound: 0 },
  inFinally?: TamedCall<unknown>,
): TamedCall<number> {
  const link = tamed(function* (inner: TamedCall<unknown>): Generator<never, number> {
    try {
      const deeper = yield* inner;
      return (typeof deeper === 'number' ? deeper : 0) + 1;
    } finally {
      if (inFinally !== undefined) {
        yield* inFinally;
      }
      counts.unwound++;
    }
  });
  let call = innermost;
  for (let n = 0; n < depth; n++) {
    call = link(call);
  }
  return call as TamedCall<number>;
}

/** Notes what happens, and when. */
function diary(): { lines: string[]; note: (what: string) => void } {
  const lines: string[] = [];
  return { lines, note: (what) => lines.push(`${asyncScheduler.now()} ${what}`) };
}

/** A line of a diary without its time. */
function textOf(line: string): string {
  return line.replace(/^\d+ /, '');
}

/** Runs `test` on virtual time, which passes when it calls `flush`. */
function virtually(test: (flush: () => void) => void): void {
  new TestScheduler(() => undefined).run(({ flush }) => test(flush));
}

/** What closing raises. */
async function raisedBy(scope: AsyncScope): Promise<ScopeError> {
  const raised = await scope.close().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(raised).toBeInstanceOf(ScopeError);
  return raised as ScopeError;
}
