import {
  finalize,
  map,
  NEVER,
  Observable,
  of,
  throwError,
  timer,
  catchError,
  retry,
  TimeoutError,
} from 'rxjs';

import {
  AsyncScope,
  AwaitError,
  CancelledError,
  cleanup,
  type DelayedResult,
  ScopeError,
  sleep,
  tamed,
} from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { unhandledErrors } from '../support/unhandled.ts';
import { errorOf } from '../support/outcome.ts';
import { type Body, noting, patient } from './bodies.ts';
import { failure, failing } from './failure.ts';

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

for (const [kind, makeBody] of Object.entries(kinds)) {
  describe(`AsyncScope.run() with ${kind} as its body`, () => {
    const unhandled = unhandledErrors();

    afterEach(() => {
      expect(unhandled).toEqual([]);
    });

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
  describe(`AsyncScope.run() with ${kind} that waits as its body`, () => {
    const unhandled = unhandledErrors();

    afterEach(() => {
      expect(unhandled).toEqual([]);
    });

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

describe('AsyncScope.run() in whose body a failure of a child is delivered', () => {
  const unhandled = unhandledErrors();

  afterEach(() => {
    expect(unhandled).toEqual([]);
  });

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

    let raised: unknown;
    await runMarblesAsync(async () => {
      raised = await errorOf(run);
    });

    expect(raised).toBeInstanceOf(TimeoutError);
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

describe('AsyncScope.run() whose scope is cancelled by its body', () => {
  const unhandled = unhandledErrors();

  afterEach(() => {
    expect(unhandled).toEqual([]);
  });

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
