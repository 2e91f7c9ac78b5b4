import {
  concat,
  defer,
  EMPTY,
  finalize,
  interval,
  map,
  NEVER,
  of,
  queueScheduler,
  switchMap,
  take,
  throwError,
  timer,
} from 'rxjs';

import {
  abortSignal,
  AsyncScope,
  BlockingError,
  CancelledError,
  cleanup,
  ScopeError,
  sleep,
  synchronous,
  tamed,
} from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';

/** Jasmine runs specs in microtasks, in which no event loop can be turned. */
const blocked = <R>(code: () => R): PromiseLike<unknown> => synchronous(code);

const soon = tamed(async <T>(value: T) => {
  await sleep(1);
  return value;
});

const sleeps = tamed(async (ms: number) => sleep(ms));

const faulty = tamed(async () => {
  await sleep(1);
  throw failure;
});
const failure = new Error('Oh no!');

describe('block() anywhere', () => {
  it('returns the value of a result that has settled', async () => {
    await using scope = new AsyncScope();
    const result = scope.start(soon('value'));
    await result;

    expect(result.block()).toBe('value');
  });

  it('throws the failure of a result that has failed, and delivers it', async () => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    const result = scope.start(throwError(() => failure));

    expect(() => result.block()).toThrow(failure);
    await expectAsync(scope.close()).toBeResolved();
  });

  it('throws a CancelledError with the reason for a result that was cancelled', () => {
    const scope = new AsyncScope();
    const result = scope.start(NEVER);
    scope.cancel('enough');

    const error = thrownBy(() => result.block());

    expect(error).toBeInstanceOf(CancelledError);
    expect((error as CancelledError).cause).toBe('enough');
  });

  it('returns the last value of what emits synchronously', () => {
    expect(tamed(() => of(1, 2, 3))().block()).toBe(3);
    expect(tamed.from([1, 2]).block()).toBe(2);
    expect(tamed(() => 'plain')().block()).toBe('plain');
  });

  it('throws the very error that the call fails with', () => {
    const call = tamed(() => {
      throw failure;
    })();

    expect(thrownBy(() => call.block())).toBe(failure);
  });

  it("throws RxJS's EmptyError where there is no value", () => {
    expect(thrownBy(() => tamed(() => EMPTY)().block())).toEqual(
      jasmine.objectContaining({ name: 'EmptyError' }),
    );
  });

  it('asks a leaf for its sync, and never for its async', () => {
    const async = jasmine.createSpy('async');
    const leaf = tamed({ sync: (a: number, b: number) => a + b, async });

    expect(leaf(1, 2).block()).toBe(3);
    expect(async).not.toHaveBeenCalled();
  });

  it('gives the sync of a leaf its this', () => {
    const store = { base: 40, get: tamed({ sync: getBase, async: () => NEVER }) };

    expect(store.get(2).block()).toBe(42);
  });

  it('drives a coroutine through its leaves', () => {
    const read = tamed({ sync: (n: number) => n, async: (n: number) => of(n) });
    const sum = tamed(function* (n: number): Generator<never, number> {
      return n === 0 ? 0 : (yield* read(n)) + (yield* sum(n - 1));
    });

    expect(sum(10).block()).toBe(55);
  });

  it('throws into a coroutine what a leaf throws', () => {
    const leaf = tamed({ sync: throwFailure, async: () => NEVER });
    const careful = tamed(function* () {
      try {
        yield* leaf();
      } catch (error) {
        return error;
      }
      return undefined;
    });

    expect(careful().block()).toBe(failure);
  });

  it('goes through a function that returns a call, a generator, or a call of all', () => {
    const leaf = tamed({ sync: (n: number) => n, async: () => NEVER });
    const order: number[] = [];
    const step = tamed(function* (n: number) {
      order.push(n);
      const value = yield* leaf(n);
      order.push(-n);
      return value;
    });

    expect(tamed(() => step(1))().block()).toBe(1);
    expect(tamed(() => generate(leaf(2)))().block()).toBe(2);
    expect(tamed.all([step(3), step(4)]).block()).toEqual([3, 4]);
    expect(order).toEqual([1, -1, 3, -3, 4, -4]);
  });

  it('takes the sync of the leaves of a cleanup, too, for which a finally block waits', () => {
    const leaf = tamed({ sync: (n: number) => n, async: () => NEVER });
    const log: unknown[] = [];
    const release = tamed(function* (name: string) {
      log.push(yield* leaf(1));
      log.push(name);
    });
    const careful = tamed(function* () {
      try {
        return yield* leaf(2);
      } finally {
        yield* cleanup(release('released'));
        log.push('over');
      }
    });

    expect(careful().block()).toBe(2);
    expect(log).toEqual([1, 'released', 'over']);
  });

  it('runs a scope in the body of which nothing has to be waited for', () => {
    const leaf = tamed({ sync: () => 'value', async: () => NEVER });
    const run = AsyncScope.run(function* (scope) {
      scope.start(of(1));
      return yield* leaf();
    });

    expect(run.block()).toBe('value');
  });

  it('knows the current call in the sync of a leaf and in a coroutine', () => {
    const leaf = tamed({ sync: () => abortSignal(), async: () => NEVER });
    const both = tamed(function* () {
      return [abortSignal(), yield* leaf()];
    });

    const [own, inner] = both().block();

    expect(own).toBeInstanceOf(AbortSignal);
    expect(inner).toBe(own); // What waits on the spot is code of whoever waits.
    expect(leaf().block()).toBeInstanceOf(AbortSignal);
  });

  it('needs no stack for ten thousand steps, nor for ten thousand coroutines one inside the other', () => {
    const leaf = tamed({ sync: () => 1, async: () => of(1) });
    const long = tamed(function* () {
      let sum = 0;
      for (let i = 0; i < 10_000; i++) {
        sum += yield* leaf();
      }
      return sum;
    });
    const deep = tamed(function* (depth: number): Generator<never, number> {
      return depth === 0 ? yield* leaf() : 1 + (yield* deep(depth - 1));
    });

    expect(long().block()).toBe(10_000);
    expect(deep(10_000).block()).toBe(10_001);
  });
});

describe('block() in a microtask', () => {
  onlyWhere.loopCanBeTurned.it(
    'refuses an async function before it runs, and names the ways out',
    async () => {
      await Promise.resolve();
      const body = jasmine.createSpy('body');

      const error = thrownBy(() => tamed(async () => void body())().block()) as BlockingError;

      expect(error).toBeInstanceOf(BlockingError);
      expect(error.message).toMatch(/microtask.*"await".*synchronous\(fn\).*node -r async-tamer\/register/s);
      expect(error.stack?.split('\n')[1]).toContain('block.spec.ts');
      expect(body).not.toHaveBeenCalled();
    },
  );

  it('refuses a pending result, which then counts as not awaited', async () => {
    await Promise.resolve();
    await using scope = new AsyncScope();
    const result = scope.start(soon(1));

    expect(() => result.block()).toThrowError(BlockingError);
    expect(result.awaited).toBe(false);
  });

  onlyWhere.loopCanBeTurned.it('cancels what began before it throws', async () => {
    await Promise.resolve();
    const log: string[] = [];
    const cautious = tamed(function* () {
      try {
        log.push('begun');
        yield* tamed.from(NEVER);
      } finally {
        yield* sleep(1);
        log.push('unwound');
      }
    });

    expect(() => cautious().block()).toThrowError(BlockingError);
    expect(log).toEqual(['begun', 'unwound']);
  });

  it('unsubscribes an Observable that did not end at once', async () => {
    await Promise.resolve();
    const torn = jasmine.createSpy('torn down');

    expect(() => tamed.from(NEVER.pipe(finalize(torn))).block()).toThrowError(BlockingError);
    expect(torn).toHaveBeenCalledTimes(1);
  });

  onlyWhere.loopCanBeTurned.it('works as before after a refusal', async () => {
    await Promise.resolve();

    expect(() => soon(1).block()).toThrowError(BlockingError);
    expect(tamed.all([sleep(1)]).block()).toEqual([undefined]);
    expect(await blocked(() => soon(2).block())).toBe(2);
  });
});

onlyWhere.loopCanBeTurned.describe('block() where the event loop can be turned', () => {
  it('waits for an async function, an Observable, a promise, and a result', async () => {
    const values = await blocked(() => {
      const scope = new AsyncScope();
      return [
        soon(1).block(),
        tamed.from(timer(1).pipe(map(() => 2))).block(),
        tamed.from(Promise.resolve(3)).block(),
        scope.start(soon(4)).block(),
      ];
    });

    expect(values).toEqual([1, 2, 3, 4]);
  });

  it('throws the failure itself, and the EmptyError', async () => {
    const errors = await blocked(() => [
      thrownBy(() => faulty().block()),
      thrownBy(() => tamed.from(timer(1).pipe(take(0))).block()),
    ]);

    expect(errors).toEqual([failure, jasmine.objectContaining({ name: 'EmptyError' })]);
  });

  it('lets other scopes, timers and RxJS go on meanwhile', async () => {
    const log: unknown[] = [];
    await using scope = new AsyncScope();
    scope.start(soon('other').pipe(map((value) => log.push(value))));
    scope.start(
      interval(1).pipe(
        take(2),
        map((value) => log.push(value)),
      ),
    );

    await blocked(() => tamed(async () => new Promise((resolve) => setTimeout(resolve, 20)))().block());

    expect(log).toEqual(jasmine.arrayWithExactContents(['other', 0, 1]));
  });

  it('lets a coroutine that it drives block in turn, between two of its steps', async () => {
    const mixed = tamed(function* () {
      const a = yield* soon(1);
      const b = soon(2).block();
      const c = yield* soon(3);
      return [a, b, c];
    });

    expect(await blocked(() => mixed().block())).toEqual([1, 2, 3]);
  });

  it('goes through calls of all one by one', async () => {
    const log: string[] = [];
    const step = tamed(async (name: string) => {
      log.push(`${name} begins`);
      await sleep(1);
      log.push(`${name} ends`);
    });

    await blocked(() => tamed.all([step('a'), step('b')]).block());

    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it("works in the callback of one of RxJS's timers, which are not re-entrant by themselves", async () => {
    const value = await new Promise((resolve) => timer(1).subscribe(() => resolve(soon('value').block())));

    expect(value).toBe('value');
  });

  it('works in the callback of an interval, which does not run again inside of itself', async () => {
    const log: string[] = [];

    await new Promise<void>((resolve) => {
      const interval = setInterval(() => {
        log.push('begins');
        sleeps(5).block();
        log.push('ends');
        if (log.length >= 4) {
          clearInterval(interval);
          resolve();
        }
      }, 1);
    });

    expect(log).toEqual(['begins', 'ends', 'begins', 'ends']);
  });

  it("works in an action of RxJS's queueScheduler", async () => {
    const value = await blocked(() => {
      let seen: unknown;
      queueScheduler.schedule(() => {
        seen = tamed.from(timer(1, queueScheduler)).block();
      });
      return seen;
    });

    expect(value).toBe(0);
  });

  it('lets a call belong to the child in whose timer an operator subscribes it, though RxJS holds that back', async () => {
    const log: string[] = [];
    const patient = tamed(function* () {
      try {
        yield* sleep(Infinity);
      } finally {
        yield* sleep(5);
        log.push('cleaned up');
      }
    });

    // It runs in a timer of RxJS, which holds all others back until that has returned.
    await blocked(() => {
      const scope = new AsyncScope();
      scope.start(
        timer(0, 1).pipe(
          take(2),
          switchMap((n) => (n === 0 ? patient() : EMPTY)),
        ),
      );
      scope[Symbol.dispose]();
      log.push('closed');
    });

    expect(log).toEqual(['cleaned up', 'closed']);
  });

  it('is refused inside another one that turns the loop, and leaves that alone', async () => {
    let inner: unknown;

    const outer = await blocked(() => {
      setTimeout(() => (inner = thrownBy(() => soon(1).block())));
      return tamed(async () => {
        await sleep(5);
        return 'outer';
      })().block();
    });

    expect(outer).toBe('outer');
    expect(inner).toEqual(jasmine.any(BlockingError));
    expect(String(inner)).toContain('another block()');
  });
});

describe('block() in code that is cancelled', () => {
  onlyWhere.loopCanBeTurned.it('ends what it waits for, and is told when that has cleaned up', async () => {
    const log: string[] = [];
    const inner = tamed(async () => {
      try {
        await sleep(1000);
      } finally {
        await sleep(1);
        log.push('inner has cleaned up');
      }
    });
    const scope = new AsyncScope();

    await blocked(() =>
      scope.start(
        tamed(() => {
          setTimeout(() => scope.cancel('enough'), 5);
          try {
            inner().block();
          } catch (error) {
            log.push(`${String(error)} ${String((error as Error).cause)}`);
            throw error;
          }
        })(),
      ),
    ).then(undefined, () => undefined);
    await scope.close();

    expect(log).toEqual(['inner has cleaned up', 'CancelledError: The scope was cancelled: enough enough']);
  });

  onlyWhere.loopCanBeTurned.it('waits no longer for a result, which goes on', async () => {
    await using other = new AsyncScope();
    const result = other.start(
      tamed(async () => {
        await sleep(15);
        return 'value';
      })(),
    );
    const scope = new AsyncScope();
    setTimeout(() => scope.cancel(), 5);

    const error = await blocked(() => {
      let seen: unknown;
      scope.start(tamed(() => (seen = thrownBy(() => result.block())))());
      return seen;
    });

    expect(error).toEqual(jasmine.any(CancelledError));
    expect(await result).toBe('value');
  });

  it('throws the CancelledError at once, if the code has not been told', async () => {
    const errors: unknown[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(() => {
        scope.cancel();
        errors.push(thrownBy(() => soon(1).block()));
      })(),
    );
    await scope.close();

    expect(errors).toEqual([jasmine.any(CancelledError)]);
  });

  onlyWhere.loopCanBeTurned.it('works in the finally block of a coroutine, and in a teardown', async () => {
    const log: unknown[] = [];
    const scope = new AsyncScope();
    const unwinding = tamed(function* () {
      try {
        yield* tamed.from(NEVER.pipe(finalize(() => log.push(soon('teardown').block()))));
      } finally {
        log.push(soon('finally').block());
      }
    });

    await blocked(() => {
      scope.start(unwinding());
      scope.cancel();
    });
    await scope.close();

    expect(log).toEqual(['teardown', 'finally']);
  });
});

describe('"using" a scope', () => {
  onlyWhere.loopCanBeTurned.it('waits at the end of the block', async () => {
    const log = await blocked(() => {
      const values: unknown[] = [];
      {
        using scope = new AsyncScope();
        scope.values$.subscribe((value) => values.push(value));
        scope.start(concat(timer(10).pipe(map(() => 'b'))));
        scope.start(soon('a'));
      }
      return [...values, 'closed'];
    });

    expect(log).toEqual(jasmine.arrayWithExactContents(['a', 'b', 'closed']));
  });

  onlyWhere.loopCanBeTurned.it('throws what closing raises', async () => {
    const error = await blocked(() =>
      thrownBy(() => {
        using scope = new AsyncScope();
        scope.start(faulty());
      }),
    );

    expect(error).toEqual(jasmine.any(ScopeError));
    expect((error as ScopeError).errors).toEqual([failure]);
  });

  onlyWhere.loopCanBeTurned.it('throws nothing that somebody has been told before', async () => {
    const run = (): void => {
      using scope = new AsyncScope();
      scope.start(faulty());
      expect(() => scope.close().block()).toThrowError(ScopeError);
    };

    await blocked(run);
  });

  it('cancels the scope where blocking is impossible, and names what to use', async () => {
    await Promise.resolve();
    const scope = new AsyncScope({ name: 'batch' });
    const result = scope.start(soon(1));

    const error = thrownBy(() => scope[Symbol.dispose]()) as BlockingError;

    expect(error).toBeInstanceOf(BlockingError);
    expect(error.message).toMatch(/"batch".*await using.*AsyncScope\.run/s);
    expect(result.status).toBe('cancelled');
    await scope.close();
  });

  it('closes anywhere, if nothing is left to wait for', async () => {
    await Promise.resolve();
    const scope = new AsyncScope();
    scope.start(of(1));

    scope[Symbol.dispose]();

    expect(scope.closed).toBe(true);
  });
});

describe('synchronous()', () => {
  it('emits what the function returns, also if that has to be waited for', async () => {
    expect(await synchronous(() => 1)).toBe(1);
    expect(await synchronous(() => soon(2))).toBe(2);
    expect(await synchronous(() => Promise.resolve(3))).toBe(3);
  });

  it('fails with what it throws', async () => {
    await expectAsync(Promise.resolve(synchronous(throwFailure))).toBeRejectedWith(failure);
  });

  it('is cold, and runs in a macrotask of its own', async () => {
    const fn = jasmine.createSpy('fn').and.returnValue(1);

    const call = synchronous(fn);
    await null;
    expect(fn).not.toHaveBeenCalled();
    const value = call.then((result) => result);
    expect(fn).not.toHaveBeenCalled();

    expect(await value).toBe(1);
  });

  it('does not run it, if it is unsubscribed before', async () => {
    const fn = jasmine.createSpy('fn');

    synchronous(fn).subscribe().unsubscribe();
    await sleep(2);

    expect(fn).not.toHaveBeenCalled();
  });

  it('runs it on the spot, if it is blocked on', () => {
    expect(synchronous(() => 'value').block()).toBe('value');
  });

  it('refuses what is no function', () => {
    expect(() => synchronous(defer(() => of(1)) as never)).toThrowError(
      TypeError,
      /synchronous\(\) takes a function/,
    );
  });
});

function thrownBy(code: () => unknown): unknown {
  try {
    code();
  } catch (error) {
    return error;
  }
  return undefined;
}

function throwFailure(): never {
  throw failure;
}

function getBase(this: { base: number }, n: number): number {
  return this.base + n;
}

function* generate<T>(call: Iterable<never, T>): Generator<never, T> {
  return yield* call;
}
