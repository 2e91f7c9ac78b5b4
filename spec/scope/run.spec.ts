import { config, EMPTY, EmptyError, finalize, map, NEVER, Observable, of, throwError, timer } from 'rxjs';
import { catchError, concatMap, retry, Subject, switchMap, take, takeUntil, TimeoutError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  AsyncScope,
  type AsyncScopeOptions,
  AwaitError,
  BlockingError,
  CancelledError,
  cleanup,
  type DelayedResult,
  ScopeClosedError,
  ScopeError,
  sleep,
  tamed,
  TamedCall,
} from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';

type Body = (scope: AsyncScope) => unknown;

const failure = new Error('Oh no!');

/** The body that does `act`, in each of its shapes. */
const kinds: Record<string, (act: Body) => Body> = {
  'a plain function': (act) => act,
  'an async function': (act) => async (scope) => {
    await sleep(1);
    return act(scope);
  },
  'a generator': (act) =>
    function* (scope) {
      yield* sleep(1);
      return act(scope);
    },
  'an Observable': (act) => (scope) => timer(1).pipe(map(() => act(scope))),
};

/** The body that does `act` at once, and then waits for what that returns, in each of its shapes. */
const waiting: Record<string, (act: (scope: AsyncScope) => Observable<unknown>) => Body> = {
  'an async function': (act) => async (scope) => await tamed.from(act(scope)),
  'a generator': (act) =>
    function* (scope) {
      return yield* tamed.from(act(scope));
    },
  'an Observable': (act) => (scope) => new Observable((subscriber) => act(scope).subscribe(subscriber)),
};

/** Fails after so many ms. */
const failing = tamed(function* (ms: number, error: Error = failure): Generator<never, never> {
  yield* sleep(ms);
  throw error;
});

/** Notes `name` after so many ms, unless it is cancelled. */
const noting = tamed(function* (name: string, log: unknown[], ms: number) {
  yield* sleep(ms);
  log.push(name);
});

/** Cleans up for so many ms when it is cancelled, and then notes `name`. */
const patient = tamed(function* (name: string, log: unknown[], ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
    log.push(name);
  }
});

function* plainGenerator(): Generator<never, string> {
  yield* sleep(1);
  return 'generator';
}

async function errorOf(result: PromiseLike<unknown>): Promise<unknown> {
  try {
    await result;
  } catch (error) {
    return error;
  }
  throw new Error('It was to fail.');
}

/** What an observer of `source` is told at once: values, and how it ends. */
function record(source: Observable<unknown>): unknown[] {
  const told: unknown[] = [];
  source.subscribe({
    next: (value) => told.push(value),
    error: (error: unknown) => told.push({ error }),
    complete: () => told.push('complete'),
  });
  return told;
}

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function virtually(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

describe('AsyncScope.run()', () => {
  const { onUnhandledError } = config;
  let unhandled: unknown[];

  beforeEach(() => {
    unhandled = [];
    config.onUnhandledError = (error) => unhandled.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
    expect(unhandled).toEqual([]);
  });

  for (const [kind, makeBody] of Object.entries(kinds)) {
    describe(`with ${kind} as its body`, () => {
      it('emits what that returns', async () => {
        expect(await AsyncScope.run(makeBody(() => 'value'))).toBe('value');
      });

      it('emits it when the children have ended, cleanup included', async () => {
        const log: unknown[] = [];
        const body = makeBody((scope) => {
          scope.start(timer(2).pipe(finalize(() => cleanup(noting('cleaned up', log, 2)))));
          return 'value';
        });

        log.push(await AsyncScope.run(body));

        expect(log).toEqual(['cleaned up', 'value']);
      });

      it('fails with what that throws, as it is, when the children are cancelled and have cleaned up', async () => {
        const log: unknown[] = [];
        const body = makeBody((scope) => {
          scope.start(patient('child', log, 2));
          throw failure;
        });

        log.push(await errorOf(AsyncScope.run(body)));

        expect(log).toEqual(['child', failure]);
      });

      it('fails with a ScopeError caused by what that throws, if a child has failed, too', async () => {
        const other = new Error('child');
        const body = makeBody((scope) => {
          scope.start(throwError(() => other));
          throw failure;
        });

        const error = (await errorOf(AsyncScope.run(body, { errorMode: 'continue' }))) as ScopeError;

        expect(error).toBeInstanceOf(ScopeError);
        expect([error.errors, error.cause]).toEqual([[other], failure]);
      });

      it('fails with a ScopeError caused by what that throws, if the cleanup of a child fails', async () => {
        const other = new Error('cleanup');
        const body = makeBody((scope) => {
          scope.start(NEVER.pipe(finalize(() => cleanup(throwError(() => other)))));
          throw failure;
        });

        const error = (await errorOf(AsyncScope.run(body))) as ScopeError;

        expect([error.errors, error.cause]).toEqual([[other], failure]);
      });

      it('fails with a ScopeError, if a child fails after that has returned', async () => {
        const body = makeBody((scope) => {
          scope.start(failing(3));
          return 'value';
        });

        const error = (await errorOf(AsyncScope.run(body))) as ScopeError;

        expect([error.errors, error.cause]).toEqual([[failure], undefined]);
      });

      it('fails with a ScopeError, if a child has failed before that returns, under errorMode "continue"', async () => {
        const body = makeBody((scope) => {
          scope.start(throwError(() => failure));
          return 'value';
        });

        const error = (await errorOf(AsyncScope.run(body, { errorMode: 'continue' }))) as ScopeError;

        expect(error.errors).toEqual([failure]);
      });

      it('cancels the children when that returns, in exit mode "cancel"', async () => {
        const results: DelayedResult<unknown>[] = [];
        const body = makeBody((scope) => {
          results.push(scope.start(sleep(Infinity)));
          return 'value';
        });

        const value = await AsyncScope.run(body, { exitMode: 'cancel' });

        expect([value, results[0]!.status]).toEqual(['value', 'cancelled']);
      });

      it('fails with an AwaitError, if that returned without awaiting a child, in exit mode "raise"', async () => {
        const body = makeBody((scope) => {
          scope.start(sleep(Infinity));
          return 'value';
        });

        const error = await errorOf(AsyncScope.run(body, { exitMode: 'raise' }));

        expect(error).toBeInstanceOf(AwaitError);
      });

      it('fails with what that throws, and no AwaitError, in exit mode "raise"', async () => {
        const body = makeBody((scope) => {
          scope.start(sleep(Infinity));
          throw failure;
        });

        expect(await errorOf(AsyncScope.run(body, { exitMode: 'raise' }))).toBe(failure);
      });

      it('fails with a TimeoutError, if time runs out for a child after that has returned', async () => {
        const body = makeBody((scope) => {
          scope.start(sleep(Infinity));
          return 'value';
        });

        const error = await errorOf(AsyncScope.run(body, { timeout: 20 }));

        expect(error).toBeInstanceOf(TimeoutError);
      });

      it('runs nothing of that, if its signal has aborted before', async () => {
        const log: string[] = [];
        const body = makeBody(() => log.push('ran'));

        const error = await errorOf(AsyncScope.run(body, { signal: AbortSignal.abort('reason') }));

        expect([log, error, (error as Error).cause]).toEqual([[], jasmine.any(CancelledError), 'reason']);
      });

      it('begins with a scope of its own under retry()', async () => {
        const scopes: AsyncScope[] = [];
        const body = makeBody((scope) => {
          scopes.push(scope);
          scope.start(sleep(Infinity));
          if (scopes.length < 3) {
            throw failure;
          }
          return scopes.map(({ closed }) => closed);
        });

        const closed = await tamed.from(AsyncScope.run(body, { exitMode: 'cancel' }).pipe(retry(2)));

        expect(closed).toEqual([true, true, false]);
      });
    });
  }

  for (const [kind, makeBody] of Object.entries(waiting)) {
    describe(`with ${kind} that waits as its body`, () => {
      it('cancels that, if a child fails meanwhile, and fails with the ScopeError', async () => {
        const log: unknown[] = [];
        const body = makeBody((scope) => {
          scope.start(failing(1));
          return noting('late', log, 20);
        });

        const error = (await errorOf(AsyncScope.run(body))) as ScopeError;

        expect([error.errors, error.cause, log]).toEqual([[failure], undefined, []]);
      });

      it('fails with a CancelledError, if the scope is cancelled meanwhile', async () => {
        const body = makeBody((scope) => {
          timer(1).subscribe(() => scope.cancel('reason'));
          return sleep(Infinity);
        });

        const error = await errorOf(AsyncScope.run(body));

        expect([error, (error as Error).cause]).toEqual([jasmine.any(CancelledError), 'reason']);
      });

      it('fails with a CancelledError, if its signal aborts meanwhile', async () => {
        const controller = new AbortController();
        timer(1).subscribe(() => controller.abort('reason'));

        const run = AsyncScope.run(
          makeBody(() => sleep(Infinity)),
          { signal: controller.signal },
        );

        expect(await errorOf(run)).toEqual(jasmine.objectContaining({ cause: 'reason' }));
      });

      it('fails with a TimeoutError, if time runs out meanwhile', async () => {
        const run = AsyncScope.run(
          makeBody(() => sleep(Infinity)),
          { timeout: 1 },
        );

        expect(await errorOf(run)).toBeInstanceOf(TimeoutError);
      });

      it('has the TimeoutError as the cause of the ScopeError, if the cleanup of that fails then', async () => {
        const body = makeBody(() => NEVER.pipe(finalize(() => cleanup(throwError(() => failure)))));

        const error = (await errorOf(AsyncScope.run(body, { timeout: 1 }))) as ScopeError;

        expect([error.errors, error.cause]).toEqual([[failure], jasmine.any(TimeoutError)]);
      });

      it('raises no AwaitError, if that was cancelled', async () => {
        const body = makeBody((scope) => {
          scope.start(sleep(Infinity));
          timer(1).subscribe(() => scope.cancel());
          return sleep(Infinity);
        });

        const error = await errorOf(AsyncScope.run(body, { exitMode: 'raise' }));

        expect(error).toBeInstanceOf(CancelledError);
      });

      it('waits for the cleanup of that, when it is cancelled', async () => {
        const log: unknown[] = [];
        const body = makeBody((scope) => {
          timer(1).subscribe(() => scope.cancel());
          return patient('cleaned up', log, 2);
        });

        log.push(await errorOf(AsyncScope.run(body)));

        expect(log).toEqual(['cleaned up', jasmine.any(CancelledError)]);
      });

      it('raises what that throws while it cleans up, beside the failure that cancelled it', async () => {
        const other = new Error('cleanup');
        const body = makeBody((scope) => {
          scope.start(failing(1));
          return NEVER.pipe(finalize(() => cleanup(throwError(() => other))));
        });

        const error = (await errorOf(AsyncScope.run(body))) as ScopeError;

        expect(error.errors).toEqual([failure, other]);
      });

      it('fails with a failure as it is that was delivered to that, and that it did not handle', async () => {
        const body = makeBody((scope) => scope.start(failing(1)));

        expect(await errorOf(AsyncScope.run(body))).toBe(failure);
      });

      it('ends it with its scope, for which an outer scope waits, when it is unsubscribed', async () => {
        const log: unknown[] = [];
        const outer = new AsyncScope();
        const body = makeBody((scope) => {
          scope.start(patient('child', log, 3));
          return patient('body', log, 1);
        });
        outer.start(AsyncScope.run(body));
        await sleep(2);

        outer.cancel();
        await outer.close();

        expect(log).toEqual(['body', 'child']);
      });

      it('hands over what it would have raised, one by one, when it is unsubscribed', async () => {
        const [one, two, three] = [new Error('one'), new Error('two'), new Error('three')];
        const outer = new AsyncScope();
        const body = makeBody((scope) => {
          scope.start(throwError(() => one));
          scope.start(NEVER.pipe(finalize(() => cleanup(throwError(() => two)))));
          return NEVER.pipe(finalize(() => cleanup(throwError(() => three))));
        });
        outer.start(AsyncScope.run(body, { errorMode: 'continue' }));
        await sleep(3);

        outer.cancel();

        const { errors } = (await errorOf(outer.close())) as ScopeError;
        expect(new Set(errors)).toEqual(new Set([one, two, three]));
        expect(errors.length).toBe(3);
      });

      it('may be in a run, in whose scope its cleanup errors arrive flat', async () => {
        const [one, two] = [new Error('one'), new Error('two')];
        const inner = makeBody((scope) => {
          scope.start(NEVER.pipe(finalize(() => cleanup(throwError(() => two)))));
          return NEVER.pipe(finalize(() => cleanup(throwError(() => one))));
        });
        const run = AsyncScope.run((scope) => {
          timer(2).subscribe(() => scope.cancel());
          return AsyncScope.run(inner);
        });

        const { errors } = (await errorOf(run)) as ScopeError;

        expect(errors).toEqual([one, two]);
      });
    });
  }

  describe('and its body', () => {
    it('does not run before somebody asks, and then each time, with another scope', async () => {
      const scopes: AsyncScope[] = [];
      const run = AsyncScope.run((scope) => scopes.push(scope));

      const before = scopes.length;
      await run;
      await run;

      expect([before, new Set(scopes).size]).toEqual([0, 2]);
    });

    it('have the same name', () => {
      const run = AsyncScope.run(function* download() {
        yield* sleep(1);
      });

      expect([run instanceof TamedCall, run.name]).toEqual([true, 'download']);
    });

    it('is over in the same tick, where nothing waits', () => {
      expect(record(AsyncScope.run((scope) => scope.start(of(1))))).toEqual([1, 'complete']);
    });

    it('is not touched by the exit mode, and takes no place under "concurrency"', async () => {
      const options = { exitMode: 'cancel', concurrency: 1 } as const;
      const run = AsyncScope.run(function* (scope) {
        const first = yield* scope.start(timer(1).pipe(map(() => 'first')));
        scope.start(sleep(Infinity));
        return first;
      }, options);

      expect(await run).toBe('first');
    });

    it('is not counted, listed, queued or named in events', () => {
      const log: unknown[] = [];
      const run = AsyncScope.run(
        (scope) => {
          scope.events$.subscribe((event) => log.push(event.type));
          log.push(scope.size, scope.children);
          return scope.start(of('child'));
        },
        { concurrency: 1 },
      );

      expect(record(run)).toEqual(['child', 'complete']);
      expect(log).toEqual([0, [], 'start', 'next', 'complete']);
    });

    it('emits the last value only, when the scope has closed', () => {
      virtually(({ expectObservable, cold }) => {
        const run = AsyncScope.run((scope) => {
          scope.start(sleep(6));
          return cold('--a--(b|)');
        });

        expectObservable(run).toBe('------(b|)');
      });
    });

    it('completes without a value, if the body does', async () => {
      const run = AsyncScope.run(() => EMPTY);

      expect(record(run)).toEqual(['complete']);
      expect(await errorOf(run)).toBeInstanceOf(EmptyError);
    });

    it('fails with an EmptyError, if that is what the body throws', async () => {
      const run = AsyncScope.run(function* () {
        return yield* tamed.from(EMPTY);
      });

      expect(await errorOf(run)).toBeInstanceOf(EmptyError);
    });

    it('emits undefined, if the body returns nothing', () => {
      expect(record(AsyncScope.run(() => undefined))).toEqual([undefined, 'complete']);
    });

    it('emits the last value of an async generator', async () => {
      const run = AsyncScope.run(async function* () {
        yield 1;
        await sleep(1);
        yield 2;
      });

      expect(await run).toBe(2);
    });

    it('emits the value of a call, a result and a generator that the body returns', async () => {
      const values = [
        await AsyncScope.run(() => tamed(() => 'call')()),
        await AsyncScope.run((scope) => scope.start(of('result'))),
        await AsyncScope.run(() => plainGenerator()),
      ];

      expect(values).toEqual(['call', 'result', 'generator']);
    });

    it('may wait for the close of its scope', async () => {
      const run = AsyncScope.run(function* (scope) {
        scope.start(sleep(1));
        yield* scope.close();
        return scope.closed;
      });

      expect(await run).toBeTrue();
    });

    it('fails with the ScopeError as it is, if the close for which it waits does', async () => {
      const raised: unknown[] = [];
      const run = AsyncScope.run(
        async (scope) => {
          scope.start(failing(1));
          await scope.close().catch((error: unknown) => {
            raised.push(error);
            throw error;
          });
        },
        { errorMode: 'continue' },
      );

      expect(await errorOf(run)).toBe(raised[0]);
    });

    it('cannot start a child that waits for the close', async () => {
      const run = AsyncScope.run((scope) => scope.start(tamed(() => scope.close())()));

      const { errors } = (await errorOf(run)) as ScopeError;

      expect(errors).toEqual([jasmine.any(BlockingError)]);
    });

    it('has been left with a scope that is closed', async () => {
      const scopes: AsyncScope[] = [];
      await AsyncScope.run((scope) => scopes.push(scope));

      expect(() => scopes[0]!.start(of(1))).toThrowError(ScopeClosedError);
    });
  });

  describe('in whose body a failure of a child is delivered', () => {
    it('lets a generator go on that handles it', async () => {
      const run = AsyncScope.run(function* (scope) {
        const others = scope.start(sleep(Infinity));
        try {
          yield* scope.start(failing(1));
        } catch {
          yield* sleep(2);
        }
        return others.status;
      });

      expect(await run).toBe('cancelled');
    });

    it('lets an async function go on that handles it', async () => {
      const run = AsyncScope.run(async (scope) => {
        const others = scope.start(sleep(Infinity));
        await scope.start(failing(1)).catch(() => sleep(2));
        return others.status;
      });

      expect(await run).toBe('cancelled');
    });

    it('lets an Observable go on that handles it', async () => {
      const run = AsyncScope.run((scope) =>
        scope.start(failing(1)).pipe(catchError(() => timer(2).pipe(map(() => 'handled')))),
      );

      expect(await run).toBe('handled');
    });

    it('ends one that goes on, when time runs out', async () => {
      const run = AsyncScope.run(
        async (scope) => {
          await scope.start(failing(1)).catch(() => undefined);
          await sleep(Infinity);
        },
        { timeout: 5 },
      );

      expect(await errorOf(run)).toBeInstanceOf(TimeoutError);
    });

    it('ends one that goes on, when its scope is cancelled once more', async () => {
      const run = AsyncScope.run(async (scope) => {
        await scope.start(failing(1)).catch(() => timer(1).subscribe(() => scope.cancel()));
        await sleep(Infinity);
      });

      expect(await errorOf(run)).toEqual(jasmine.objectContaining({ cause: failure }));
    });

    it('fails with it as it is, though it was delivered before the cancel that it causes', async () => {
      const log: unknown[] = [];
      const run = AsyncScope.run(function* (scope) {
        scope.start(patient('other', log, 2));
        yield* scope.start(failing(1));
      });

      log.push(await errorOf(run));

      expect(log).toEqual(['other', failure]);
    });

    it('has not been told where only a call that it made was, in another child', async () => {
      const run = AsyncScope.run(async (scope) => {
        const faulty = scope.start(failing(1));
        scope.start(faulty.pipe(catchError(() => of('handled'))));
        await sleep(Infinity);
      });

      expect(await errorOf(run)).toBeInstanceOf(CancelledError);
    });
  });

  describe('whose scope is cancelled by its body', () => {
    it('succeeds with what that returns: a plain function', async () => {
      const run = AsyncScope.run((scope) => {
        scope.start(sleep(Infinity));
        scope.cancel();
        return 'first';
      });

      expect(await run).toBe('first');
    });

    it('succeeds with what that returns: a generator', async () => {
      const run = AsyncScope.run(function* (scope) {
        const [first] = [scope.start(timer(1).pipe(map(() => 'first'))), scope.start(sleep(Infinity))];
        const value = yield* first;
        scope.cancel();
        return value;
      });

      expect(await run).toBe('first');
    });

    it('succeeds with what that returns: an async function', async () => {
      const run = AsyncScope.run(async (scope) => {
        const [first] = [scope.start(timer(1).pipe(map(() => 'first'))), scope.start(sleep(Infinity))];
        const value = await first;
        scope.cancel();
        return value;
      });

      expect(await run).toBe('first');
    });

    it('succeeds when the children have cleaned up', async () => {
      const log: unknown[] = [];
      const run = AsyncScope.run(async (scope) => {
        scope.start(patient('child', log, 3));
        scope.cancel();
        return 'value';
      });

      log.push(await run);

      expect(log).toEqual(['child', 'value']);
    });

    it('ends a generator at its next yield*', async () => {
      const log: string[] = [];
      const run = AsyncScope.run(function* (scope) {
        scope.cancel('reason');
        log.push('goes on');
        yield* sleep(1);
        log.push('is not reached');
      });

      const error = await errorOf(run);

      expect([log, (error as CancelledError).cause]).toEqual([['goes on'], 'reason']);
    });

    it('ends an async function at its next tamed await', async () => {
      const log: string[] = [];
      const run = AsyncScope.run(async (scope) => {
        scope.cancel();
        log.push('goes on');
        await sleep(1);
        log.push('is not reached');
      });

      expect(await errorOf(run)).toBeInstanceOf(CancelledError);
      expect(log).toEqual(['goes on']);
    });

    it('ends an Observable', async () => {
      const run = AsyncScope.run((scope) =>
        timer(1).pipe(
          map(() => {
            scope.cancel();
            return 'too late';
          }),
        ),
      );

      expect(await errorOf(run)).toBeInstanceOf(CancelledError);
    });

    it('fails with what that throws all the same, as it is', async () => {
      const run = AsyncScope.run((scope) => {
        scope.cancel();
        throw failure;
      });

      expect(await errorOf(run)).toBe(failure);
    });

    it('succeeds with what a cancelled body returns in a finally or catch block', async () => {
      const body: Body = async () => {
        try {
          await sleep(Infinity);
          return;
        } catch {
          return 'saved';
        }
      };
      const generator: Body = function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* sleep(1);

          return 'saved';
        }
      };

      const values = [
        await AsyncScope.run(body, { timeout: 1 }),
        await AsyncScope.run(generator, { timeout: 1 }),
      ];

      expect(values).toEqual(['saved', 'saved']);
    });

    it('fails, though a cancelled body returns, where the cleanup of a child fails', async () => {
      const run = AsyncScope.run((scope) => {
        scope.start(NEVER.pipe(finalize(() => cleanup(throwError(() => failure)))));
        scope.cancel();
        return 'value';
      });

      expect(await errorOf(run)).toEqual(jasmine.objectContaining({ errors: [failure] }));
    });
  });

  describe('under operators', () => {
    onlyWhere.contextIsCarried.it('is ended by take(1) of what another emits', async () => {
      const log: unknown[] = [];
      const outer = new AsyncScope();
      const run = AsyncScope.run(() => patient('body', log, 3));

      outer.start(
        timer(0, 1)
          .pipe(switchMap((n) => (n === 0 ? run : of(n))))
          .pipe(take(1)),
      );
      await outer.close();

      expect(log).toEqual(['body']);
    });

    it('closes before the next is begun', async () => {
      const log: unknown[] = [];
      const run = (name: string): TamedCall<unknown> =>
        AsyncScope.run((scope) => {
          log.push(`${name} begins`);
          scope.start(noting(`${name} ends`, log, 2));
        });

      await tamed.from(of('a', 'b').pipe(concatMap(run)));

      expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    });

    it('reports to RxJS what it would have raised, if it is unsubscribed and no scope waits', async () => {
      const run = AsyncScope.run(() => NEVER.pipe(finalize(() => cleanup(throwError(() => failure)))));

      run.subscribe().unsubscribe();
      await sleep(3);

      expect(unhandled.splice(0)).toEqual([failure]);
    });

    it('reports no CancelledError, if it is unsubscribed and no scope waits', async () => {
      AsyncScope.run(async () => sleep(Infinity))
        .subscribe()
        .unsubscribe();
      await sleep(3);

      expect(unhandled).toEqual([]);
    });

    it('hands over an error of its body, if it is unsubscribed while it closes', async () => {
      const outer = new AsyncScope();
      const run = AsyncScope.run((scope) => {
        scope.start(patient('child', [], 5));
        throw failure;
      });
      outer.start(run);

      outer.cancel();

      expect(await errorOf(outer.close())).toEqual(jasmine.objectContaining({ errors: [failure] }));
    });
  });

  describe('that is unsubscribed', () => {
    it('hands over what a nested scope has raised that nobody has heard', async () => {
      const outer = new AsyncScope();
      const left = new Subject<void>();
      const run = AsyncScope.run(function* (scope) {
        const nested = new AsyncScope({ parent: scope });
        nested.start(failing(1));
        yield* sleep(2);
        queueMicrotask(() => left.next()); // Before the macrotask in which somebody could still hear.
      });
      outer.start(run.pipe(takeUntil(left)));

      const error = (await errorOf(outer.close())) as ScopeError;

      expect(error.errors).toEqual([jasmine.objectContaining({ errors: [failure] })]);
    });
  });

  describe('in another run', () => {
    it('is cancelled with it, from the inside out', async () => {
      const log: unknown[] = [];
      const inner = AsyncScope.run((scope) => {
        scope.start(patient('child', log, 1));
        return patient('inner body', log, 1);
      });
      const outer = AsyncScope.run(
        function* (scope) {
          try {
            yield* inner;
          } finally {
            log.push('outer body');
            scope.start(of('never'));
          }
        },
        { timeout: 2 },
      );

      expect(await errorOf(outer)).toBeInstanceOf(TimeoutError);
      expect(new Set(log.slice(0, 2))).toEqual(new Set(['child', 'inner body']));
      expect(log.slice(2)).toEqual(['outer body']);
    });

    it('hands a failure on as it is, through the bodies', async () => {
      const run = AsyncScope.run(() => AsyncScope.run((scope) => scope.start(failing(1))));

      expect(await errorOf(run)).toBe(failure);
    });

    it('is a failure of the outer scope, if it is its child: with its ScopeError as one error', async () => {
      const run = AsyncScope.run((outer) => {
        outer.start(
          AsyncScope.run((inner) => {
            inner.start(failing(1));
          }),
        );
      });

      const { errors } = (await errorOf(run)) as ScopeError;

      expect(errors).toEqual([jasmine.objectContaining({ errors: [failure] })]);
    });

    it('has cleanup errors of three levels arrive flat', async () => {
      const [one, two, three] = [new Error('one'), new Error('two'), new Error('three')];
      const level = (error: Error, next: () => unknown): Body =>
        function* (scope) {
          scope.start(NEVER.pipe(finalize(() => cleanup(throwError(() => error)))));
          yield* tamed.from(next() as Observable<unknown>);
        };
      const run = AsyncScope.run(
        level(one, () => AsyncScope.run(level(two, () => AsyncScope.run(level(three, () => NEVER))))),
        { timeout: 2 },
      );

      const error = (await errorOf(run)) as ScopeError;

      expect(error.errors).toEqual([three, two, one]);
      expect(error.cause).toBeInstanceOf(TimeoutError);
    });
  });

  describe('with options', () => {
    it('refuses wrong ones at the call', () => {
      expect(() => AsyncScope.run(() => 1, { timeout: -1 })).toThrowError(TypeError, /"timeout"/);
    });

    it('refuses a body that is no function, at the call', () => {
      expect(() => AsyncScope.run(sleep(1) as never)).toThrowError(
        TypeError,
        'AsyncScope.run() takes a function, but got an object (TamedCall).',
      );
    });

    it('passes each of them to its scope', async () => {
      const options: AsyncScopeOptions = { name: 'batch', concurrency: 1, exitMode: 'cancel' };
      const seen: unknown[] = [];

      await AsyncScope.run((scope) => {
        scope.start(sleep(Infinity));
        scope.start(sleep(Infinity));
        seen.push(
          scope.name,
          scope.children.map(({ state }) => state),
        );
      }, options);

      expect(seen).toEqual(['batch', ['running', 'queued']]);
    });

    it('fails with a ScopeClosedError, if its parent has closed', async () => {
      const parent = new AsyncScope();
      await parent.close();

      const error = await errorOf(AsyncScope.run(() => 1, { parent }));

      expect(error).toBeInstanceOf(ScopeClosedError);
    });

    it('runs nothing of its body, if its parent is cancelled', async () => {
      const log: string[] = [];
      const parent = new AsyncScope();
      parent.cancel();

      const error = await errorOf(AsyncScope.run(() => log.push('ran'), { parent }));

      expect([log, error]).toEqual([[], jasmine.any(CancelledError)]);
    });

    it('cancels its children, if its body cancels it, though it has a parent', async () => {
      const parent = new AsyncScope();
      const log: unknown[] = [];

      const run = AsyncScope.run(
        function* (scope) {
          scope.start(patient('child', log, 1));
          scope.cancel();
          return 'a';
        },
        { parent },
      );

      expect([await run, log]).toEqual(['a', ['child']]);
    });

    it('has no child that waits for the close of the scope around it, though it has a parent', async () => {
      const parent = new AsyncScope();
      const outer = new AsyncScope();
      const selfish = AsyncScope.run((scope) => scope.start(outer.close()), { parent });

      outer.start(selfish);

      const { errors } = (await errorOf(outer.close())) as ScopeError;
      expect(errors).toEqual([jasmine.objectContaining({ errors: [jasmine.any(BlockingError)] })]);
    });

    it('names in a CleanupTimeoutError who still cleans up', async () => {
      const slow = tamed(function* slow() {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* sleep(10);
        }
      });
      const run = AsyncScope.run(
        (scope) => {
          scope.start(slow());
        },
        { exitMode: 'cancel', cleanupTimeout: 1 },
      );

      const { errors } = (await errorOf(run)) as ScopeError;

      expect(errors).toEqual([jasmine.objectContaining({ children: ['slow (#1)'] })]);
    });

    it('keeps virtual time', () => {
      virtually(({ expectObservable }) => {
        const run = AsyncScope.run(
          function* (scope) {
            scope.start(sleep(8));
            yield* sleep(3);
            return 'a';
          },
          { timeout: 6 },
        ).pipe(catchError((error: Error) => of(error.name)));

        expectObservable(run).toBe('------(b|)', { b: 'TimeoutError' });
      });
    });
  });
});
