import {
  config,
  finalize,
  firstValueFrom,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  throwError,
  timer,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import type { CancelledError } from '../../src/index.ts';
import { AsyncScope, cleanup, ScopeClosedError, ScopeError, sleep, tamed } from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function onVirtualTime(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

/** Long enough for what comes a macrotask later, and for RxJS to report it. */
async function macrotasks(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
}

async function errorOf(result: PromiseLike<unknown>): Promise<unknown> {
  try {
    await result;
  } catch (error) {
    return error;
  }
  throw new Error('It was to fail.');
}

const failure = new Error('Oh no!');

/** Fails after 1 ms. */
const faulty = tamed(function* faulty() {
  yield* sleep(1);
  throw failure;
});

/** Cleans up for so many ms when it is cancelled, and notes when it has. */
const patient = tamed(function* patient(log: string[], name: string, ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
    log.push(name);
  }
});

describe('A scope with a parent', () => {
  const { onUnhandledError } = config;
  let unhandled: unknown[];

  beforeEach(() => {
    unhandled = [];
    config.onUnhandledError = (error) => unhandled.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
  });

  describe('that is cancelled', () => {
    it('is cancelled with it', () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const result = scope.start(sleep(Infinity));

      parent.cancel();

      expect(scope.cancelled).toBeTrue();
      expect(result.status).toBe('cancelled');
    });

    it('gives its reason to those who wait', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const result = scope.start(sleep(Infinity));

      parent.cancel('gone');

      expect(((await errorOf(result)) as CancelledError).cause).toBe('gone');
      expect(scope.signal.reason).toBe('gone');
    });

    it('is cancelled for a failure of a child of its parent', () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const result = scope.start(sleep(Infinity));

      parent.start(throwError(() => failure)).catch(() => undefined);

      expect(result.status).toBe('cancelled');
      expect(scope.signal.reason).toBe(failure);
    });

    it('has finished its synchronous cleanup when the cancel of the parent returns', () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const log: string[] = [];
      scope.start(NEVER.pipe(finalize(() => log.push('torn down'))));

      parent.cancel();

      expect(log).toEqual(['torn down']);
    });

    it('is cancelled however deep', () => {
      const grandparent = new AsyncScope();
      const parent = new AsyncScope({ parent: grandparent });
      const scope = new AsyncScope({ parent });
      const result = scope.start(sleep(Infinity));

      grandparent.cancel();

      expect(result.status).toBe('cancelled');
    });

    it('is cancelled also while it closes', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(sleep(Infinity));
      const closing = scope.close();

      parent.cancel();

      await expectAsync(closing).toBeResolvedTo(undefined);
    });

    it('lets no child fail that waits for a child of the other scope', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const inParent = parent.start(sleep(Infinity));
      const inScope = scope.start(sleep(Infinity));
      const waiting = [
        scope.start(
          tamed(function* () {
            yield* inParent;
          })(),
        ),
        parent.start(
          tamed(function* () {
            yield* inScope;
          })(),
        ),
      ];

      parent.cancel();

      expect(waiting.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
      await expectAsync(parent.close()).toBeResolvedTo(undefined);
    });

    it('leaves its parent alone, if it is cancelled itself', () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const result = parent.start(sleep(Infinity));

      scope.cancel();

      expect(parent.cancelled).toBeFalse();
      expect(result.status).toBe('pending');
    });
  });

  describe('that was cancelled before', () => {
    it('starts cancelled', () => {
      const parent = new AsyncScope();
      parent.cancel();

      const scope = new AsyncScope({ parent });

      expect(scope.cancelled).toBeTrue();
    });

    it('starts cancelled for the same reason', async () => {
      const parent = new AsyncScope();
      parent.cancel('gone');

      const scope = new AsyncScope({ parent });

      expect(((await errorOf(scope.start(of(1)))) as CancelledError).cause).toBe('gone');
    });

    it('starts cancelled, if its parent has closed since', async () => {
      const parent = new AsyncScope();
      parent.cancel();
      await parent.close();

      const scope = new AsyncScope({ parent });

      expect(scope.cancelled).toBeTrue();
      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });

    it('starts cancelled, if it is made while its parent tears down', () => {
      const parent = new AsyncScope();
      const scopes: AsyncScope[] = [];
      parent.start(NEVER.pipe(finalize(() => scopes.push(new AsyncScope({ parent })))));

      parent.cancel();

      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true]);
    });
  });

  describe('that has closed without being cancelled', () => {
    it('cannot be made', async () => {
      const parent = new AsyncScope();
      await parent.close();

      expect(() => new AsyncScope({ parent })).toThrowError(ScopeClosedError);
    });

    it('cannot be made, and says so with the name of its parent', async () => {
      const parent = new AsyncScope({ name: 'app' });
      await parent.close();

      expect(() => new AsyncScope({ parent })).toThrowError(/"app" has closed/);
    });

    it('cannot be made, at the line that tried', async () => {
      const parent = new AsyncScope();
      await parent.close();
      function makeLate(): AsyncScope {
        return new AsyncScope({ parent });
      }

      let stack: string | undefined;
      try {
        makeLate();
      } catch (error) {
        ({ stack } = error as Error);
      }

      expect(stack?.split('\n')[1]).toContain('makeLate');
    });
  });

  describe('that closes', () => {
    it('is closed, if nobody has done so', () => {
      onVirtualTime(({ flush }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent });
        scope.start(sleep(3));

        parent.close();
        flush();

        expect(scope.closed).toBeTrue();
        expect(scope.cancelled).toBeFalse();
      });
    });

    it('is waited for', () => {
      onVirtualTime(({ expectObservable }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent });
        scope.start(sleep(3));

        expectObservable(parent.close()).toBe('---(a|)', { a: undefined });
      });
    });

    it('is waited for, if it closes already', () => {
      onVirtualTime(({ expectObservable }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent });
        scope.start(sleep(3));
        scope.close();

        expectObservable(parent.close()).toBe('---(a|)', { a: undefined });
      });
    });

    it('is waited for with its cleanup', () => {
      onVirtualTime(({ expectObservable }) => {
        const parent = new AsyncScope({ exitMode: 'cancel' });
        const scope = new AsyncScope({ parent });
        scope.start(NEVER.pipe(finalize(() => cleanup(sleep(3)))));

        expectObservable(parent.close()).toBe('---(a|)', { a: undefined });
      });
    });

    it('is closed by its own exit mode', () => {
      onVirtualTime(({ flush }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent, exitMode: 'cancel' });
        const result = scope.start(sleep(3));

        parent.close();
        flush();

        expect(result.status).toBe('cancelled');
        expect(parent.cancelled).toBeFalse();
      });
    });

    it('serves the children of its parent until they have ended', () => {
      onVirtualTime(({ flush }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent, exitMode: 'cancel' });
        const user = tamed(function* () {
          yield* sleep(2);
          return yield* scope.start(timer(1));
        });
        const result = parent.start(user());

        parent.close();
        flush();

        expect(result.value).toBe(0);
      });
    });

    it('has closed before its parent', () => {
      onVirtualTime(({ flush }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent });
        const log: string[] = [];
        scope.start(sleep(3));
        parent.close().subscribe({ complete: () => log.push('parent') });
        scope.close().subscribe({ complete: () => log.push('scope') });

        flush();

        expect(log).toEqual(['scope', 'parent']);
      });
    });

    it('is closed however many there are, also later ones', async () => {
      const parent = new AsyncScope();
      const scopes = Array.from({ length: 10_000 }, () => new AsyncScope({ parent }));
      parent.start(Promise.resolve().then(() => scopes.push(new AsyncScope({ parent }))));

      await parent.close();

      expect(scopes.length).toBe(10_001);
      expect(scopes.every(({ closed }) => closed)).toBeTrue();
    });

    it('is closed however deep', () => {
      onVirtualTime(({ expectObservable }) => {
        const grandparent = new AsyncScope();
        const parent = new AsyncScope({ parent: grandparent });
        const scope = new AsyncScope({ parent });
        scope.start(sleep(3));

        expectObservable(grandparent.close()).toBe('---(a|)', { a: undefined });
      });
    });

    it('can be made by its children meanwhile', () => {
      onVirtualTime(({ expectObservable }) => {
        const parent = new AsyncScope();
        const opens = tamed(function* () {
          yield* sleep(2);
          new AsyncScope({ parent }).start(sleep(3));
        });
        parent.start(opens());

        expectObservable(parent.close()).toBe('-----(a|)', { a: undefined });
      });
    });

    it('is waited for with its body, if it is that of a run, which may go on to use it', async () => {
      const parent = new AsyncScope();
      const log: string[] = [];
      const run = AsyncScope.run(
        function* (scope) {
          yield* sleep(1);
          log.push(yield* scope.start(timer(1).pipe(map(() => 'child'))));
          return 'body';
        },
        { parent },
      );
      run.subscribe((value) => log.push(value));

      await parent.close();

      expect(log).toEqual(['child', 'body']);
    });

    it('leaves its parent open, if it is closed itself', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });

      await scope.close();

      expect(parent.closed).toBeFalse();
      expect(parent.start(of(1)).status).toBe('succeeded');
    });

    it('is told that it is closed, not that it failed, if its parent has failed', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(sleep(Infinity));
      parent.start(faulty());

      await expectAsync(parent.close()).toBeRejectedWith(jasmine.objectContaining({ errors: [failure] }));
      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });
  });

  describe('that raises something', () => {
    it('is a matter of its owner, who awaits it', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      await expectAsync(scope.close()).toBeRejectedWith(jasmine.objectContaining({ errors: [failure] }));

      expect(parent.cancelled).toBeFalse();
      await expectAsync(parent.close()).toBeResolvedTo(undefined);
    });

    it('is a matter of its owner, who disposes of it', async () => {
      const parent = new AsyncScope();
      const block = async (): Promise<void> => {
        await using scope = new AsyncScope({ parent });
        scope.start(faulty());
      };

      await expectAsync(block()).toBeRejectedWithError(ScopeError);

      await expectAsync(parent.close()).toBeResolvedTo(undefined);
    });

    it('is a failure of the parent, if nobody has awaited it a macrotask later', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      scope.close();
      await sleep(3);
      await macrotasks();

      const { errors } = (await errorOf(parent.close())) as ScopeError;
      expect(errors).toEqual([jasmine.any(ScopeError)]);
      expect((errors[0] as ScopeError).errors).toEqual([failure]);
      expect(unhandled).toEqual([]);
    });

    it('triggers the error mode of the parent then', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const sibling = parent.start(sleep(Infinity));
      scope.start(faulty());

      scope.close();
      await sleep(3);
      await macrotasks();

      expect(parent.cancelled).toBeTrue();
      const { cause } = (await errorOf(sibling)) as CancelledError;
      expect(cause).toBeInstanceOf(ScopeError);
      await errorOf(parent.close());
    });

    it('cancels nothing then, under errorMode "continue"', async () => {
      const parent = new AsyncScope({ errorMode: 'continue' });
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      scope.close();
      await sleep(3);
      await macrotasks();

      expect(parent.cancelled).toBeFalse();
      await expectAsync(parent.close()).toBeRejectedWithError(ScopeError);
    });

    it('is a failure of the parent that closed it', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      const { errors } = (await errorOf(parent.close())) as ScopeError;

      expect(errors).toEqual([jasmine.any(ScopeError)]);
      expect((errors[0] as ScopeError).errors).toEqual([failure]);
    });

    it('is a failure of the parent also as an AwaitError', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent, exitMode: 'raise', name: 'nested' });
      scope.start(of('value'));

      const { errors } = (await errorOf(parent.close())) as ScopeError;

      expect((errors as Error[]).map(({ name }) => name)).toEqual(['AwaitError']);
    });

    it('is a failure of the parent once', async () => {
      const grandparent = new AsyncScope();
      const parent = new AsyncScope({ parent: grandparent });
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      await expectAsync(parent.close()).toBeRejectedWithError(ScopeError, /^1 async function failed/);

      await expectAsync(grandparent.close()).toBeResolvedTo(undefined);
    });

    it('goes up, if nobody awaits that of the parent either', async () => {
      const grandparent = new AsyncScope();
      const parent = new AsyncScope({ parent: grandparent });
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      const { errors } = (await errorOf(grandparent.close())) as ScopeError;

      const [inParent] = errors as ScopeError[];
      const [inScope] = inParent!.errors as ScopeError[];
      expect(inScope!.errors).toEqual([failure]);
      expect(unhandled).toEqual([]);
    });

    it('is still there for who awaits it after that', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(faulty());
      const { errors } = (await errorOf(parent.close())) as ScopeError;

      await expectAsync(scope.close()).toBeRejectedWith(errors[0]);
    });

    it('is raised by the parent beside its own failures', async () => {
      const parent = new AsyncScope({ errorMode: 'continue' });
      const scope = new AsyncScope({ parent });
      const own = new Error('in the parent');
      scope.start(faulty());
      parent.start(throwError(() => own));

      const { errors } = (await errorOf(parent.close())) as ScopeError;

      expect(errors).toEqual([own, jasmine.any(ScopeError)]);
    });
  });

  it('is no child of it', () => {
    const parent = new AsyncScope();
    const events: string[] = [];
    parent.events$.subscribe(({ type }) => events.push(type));
    const scope = new AsyncScope({ parent });

    scope.start(NEVER);

    expect(parent.size).toBe(0);
    expect(parent.children).toEqual([]);
    expect(events).toEqual([]);
  });

  it('does not belong to the call that made it', async () => {
    const parent = new AsyncScope();
    const scopes: AsyncScope[] = [];
    const opens = tamed(function* () {
      scopes.push(new AsyncScope({ parent }));
      yield* sleep(Infinity);
    });
    const subscription = opens().subscribe();

    subscription.unsubscribe();

    expect(scopes[0]!.cancelled).toBeFalse();
    await parent.close();
  });
});

describe('A scope made inside a tamed call', () => {
  const { onUnhandledError } = config;
  let unhandled: unknown[];

  beforeEach(() => {
    unhandled = [];
    config.onUnhandledError = (error) => unhandled.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
  });

  describe('that is cancelled', () => {
    it('is cancelled with it, in a generator', () => {
      const results: { status: string }[] = [];
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        results.push(scope.start(sleep(Infinity)));
        yield* sleep(Infinity);
      });
      const subscription = opens().subscribe();

      subscription.unsubscribe();

      expect(results.map(({ status }) => status)).toEqual(['cancelled']);
    });

    it('is cancelled with it, in an async function before its first await', async () => {
      const outer = new AsyncScope({ exitMode: 'cancel' });
      const scopes: AsyncScope[] = [];
      const opens = tamed(async () => {
        scopes.push(new AsyncScope());
        await sleep(Infinity);
      });
      outer.start(opens());

      await outer.close();

      expect(scopes[0]!.cancelled).toBeTrue();
    });

    onlyWhere.contextIsCarried.it('is cancelled with it, in an async function after an await', async () => {
      const outer = new AsyncScope();
      const scopes: AsyncScope[] = [];
      const opens = tamed(async () => {
        await sleep(1);
        scopes.push(new AsyncScope());
        await sleep(Infinity);
      });
      outer.start(opens());
      await sleep(3);

      outer.cancel();
      await outer.close();

      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true]);
    });

    it('is cancelled with it, where the call returned an Observable', () => {
      const scopes: AsyncScope[] = [];
      const opens = tamed(() => {
        scopes.push(new AsyncScope());
        return NEVER;
      });
      const subscription = opens().subscribe();

      subscription.unsubscribe();

      expect(scopes[0]!.cancelled).toBeTrue();
    });

    it('is cancelled with the call that made it, not with the one called by that', async () => {
      await using outer = new AsyncScope();
      const log: string[] = [];
      const inner = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(NEVER.pipe(finalize(() => log.push('inner scope'))));
        yield* sleep(Infinity);
      });
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        const result = scope.start(sleep(5));
        inner().subscribe().unsubscribe();
        yield* result;
        log.push('own scope goes on');
        yield* scope.close();
      });

      await outer.start(opens());

      expect(log).toEqual(['inner scope', 'own scope goes on']);
    });

    it('gives the reason of the cancel to its children', async () => {
      const outer = new AsyncScope();
      const errors: unknown[] = [];
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(sleep(Infinity)).catch((error: unknown) => errors.push(error));
        yield* sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel('gone');
      await outer.close();

      expect((errors[0] as CancelledError).cause).toBe('gone');
    });

    it('ends after what the call waits for, and before its own code unwinds', async () => {
      const outer = new AsyncScope();
      const log: string[] = [];
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(patient(log, 'scope', 3));
        try {
          yield* patient(log, 'waited for', 1);
        } finally {
          log.push('own code');
        }
      });
      outer.start(opens());

      outer.cancel();
      await outer.close();

      expect(log).toEqual(['waited for', 'scope', 'own code']);
    });

    it('is torn down after what the call waits for', () => {
      const log: string[] = [];
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(NEVER.pipe(finalize(() => log.push('scope'))));
        yield* tamed.from(NEVER.pipe(finalize(() => log.push('waited for'))));
      });
      const subscription = opens().subscribe();

      subscription.unsubscribe();

      expect(log).toEqual(['waited for', 'scope']);
    });

    it('is waited for by the scope of the call', () => {
      onVirtualTime(({ expectObservable }) => {
        const outer = new AsyncScope({ exitMode: 'cancel' });
        const opens = tamed(function* () {
          new AsyncScope().start(patient([], 'scope', 4));
          yield* sleep(Infinity);
        });
        outer.start(opens());

        expectObservable(outer.close()).toBe('----(a|)', { a: undefined });
      });
    });

    it('is waited for by an async function, before that is told', async () => {
      const outer = new AsyncScope({ exitMode: 'cancel' });
      const log: string[] = [];
      const opens = tamed(async () => {
        const scope = new AsyncScope();
        scope.start(patient(log, 'scope', 3));
        try {
          await sleep(Infinity);
        } finally {
          log.push('own code');
        }
      });
      outer.start(opens());

      await outer.close();

      expect(log).toEqual(['scope', 'own code']);
    });

    it('is waited for also where the call is cut off at its close()', async () => {
      const outer = new AsyncScope();
      const log: string[] = [];
      const opens = tamed(async () => {
        const scope = new AsyncScope();
        scope.start(patient(log, 'scope', 3));
        try {
          await scope.close();
        } finally {
          log.push('own code');
        }
      });
      outer.start(opens());
      await sleep(1);

      outer.cancel();
      await outer.close();

      expect(log).toEqual(['scope', 'own code']);
    });

    onlyWhere.contextIsCarried.it(
      'is waited for also where an async function comes to its next tamed await meanwhile',
      async () => {
        const outer = new AsyncScope();
        const log: string[] = [];
        const foreign = new Subject<void>();
        const opens = tamed(async () => {
          const scope = new AsyncScope();
          scope.start(patient(log, 'scope', 3));
          try {
            await firstValueFrom(foreign);
            log.push('still running');
            await sleep(Infinity);
          } finally {
            log.push('own code');
          }
        });
        outer.start(opens());

        outer.cancel();
        foreign.next();
        await outer.close();

        expect(log).toEqual(['still running', 'scope', 'own code']);
      },
    );

    it('hands its failures to the scope of the call, one by one, if they reached nobody', async () => {
      const outer = new AsyncScope();
      const another = new Error('another');
      const opens = tamed(function* () {
        const scope = new AsyncScope({ errorMode: 'continue' });
        scope.start(throwError(() => failure));
        scope.start(throwError(() => another));
        yield* sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel();

      expect(((await errorOf(outer.close())) as ScopeError).errors).toEqual([failure, another]);
      await macrotasks();
      expect(unhandled).toEqual([]);
    });

    it('hands over what its cleanups throw', async () => {
      const outer = new AsyncScope();
      const opens = tamed(function* () {
        new AsyncScope().start(NEVER.pipe(finalize(() => cleanup(throwError(() => failure)))));
        yield* sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel();

      expect(((await errorOf(outer.close())) as ScopeError).errors).toEqual([failure]);
    });

    it('hands over no failure that has reached somebody', async () => {
      const outer = new AsyncScope();
      const opens = tamed(function* () {
        const scope = new AsyncScope({ errorMode: 'continue' });
        scope.start(throwError(() => failure)).catch(() => undefined);
        yield* sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel();

      await expectAsync(outer.close()).toBeResolvedTo(undefined);
    });

    it('hands them over once, though the call closes it while it unwinds', async () => {
      const outer = new AsyncScope();
      const opens = tamed(async () => {
        const scope = new AsyncScope();
        scope.start(throwError(() => failure));
        try {
          await sleep(Infinity);
        } finally {
          await scope.close().catch(() => undefined);
        }
      });
      outer.start(opens());
      await sleep(1);

      outer.cancel();

      await expectAsync(outer.close()).toBeResolvedTo(undefined);
    });

    it('raises by its close what the call may rethrow, as one error', async () => {
      const outer = new AsyncScope();
      const raised: unknown[] = [];
      const opens = tamed(async () => {
        const scope = new AsyncScope();
        scope.start(throwError(() => failure));
        try {
          await sleep(Infinity);
        } finally {
          await scope.close().catch((error: unknown) => {
            raised.push(error);
            throw error;
          });
        }
      });
      outer.start(opens());
      await sleep(1);

      outer.cancel();

      expect(((await errorOf(outer.close())) as ScopeError).errors).toEqual(raised);
      expect(raised).toEqual([jasmine.any(ScopeError)]);
    });

    it('goes to config.onUnhandledError with its failures, where no scope waits', async () => {
      const opens = tamed(function* () {
        const scope = new AsyncScope({ errorMode: 'continue' });
        scope.start(throwError(() => failure));
        yield* sleep(Infinity);
      });

      opens().subscribe().unsubscribe();
      await macrotasks();

      expect(unhandled).toEqual([failure]);
    });

    it('starts cancelled, if the call is an async function that has not been told yet', async () => {
      const outer = new AsyncScope();
      const scopes: AsyncScope[] = [];
      const opens = tamed(async () => {
        outer.cancel();
        scopes.push(new AsyncScope());
      });

      outer.start(opens());
      await outer.close();

      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true]);
    });

    it('starts cancelled, if the call is a generator that has not been told yet', () => {
      const outer = new AsyncScope();
      const scopes: AsyncScope[] = [];
      const opens = tamed(function* () {
        outer.cancel('gone');
        scopes.push(new AsyncScope());
        yield* sleep(1);
      });

      outer.start(opens());

      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true]);
    });

    it('starts as usual in a finally block', async () => {
      const outer = new AsyncScope();
      const log: string[] = [];
      const opens = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          const scope = new AsyncScope();
          log.push(yield* scope.start(timer(1).pipe(map(() => 'ran'))));
          yield* scope.close();
          log.push('closed');
        }
      });
      outer.start(opens());

      outer.cancel();
      await outer.close();

      expect(log).toEqual(['ran', 'closed']);
    });

    it('is closed by "await using" in an async function that is interrupted', async () => {
      const outer = new AsyncScope();
      const log: string[] = [];
      const opens = tamed(async () => {
        await using scope = new AsyncScope();
        scope.start(patient(log, 'scope', 2));
        await sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel();

      await expectAsync(outer.close()).toBeResolvedTo(undefined);
      expect(log).toEqual(['scope']);
    });
  });

  describe('that ends by itself', () => {
    it('goes on', async () => {
      const scopes: AsyncScope[] = [];
      const opens = tamed(function* () {
        scopes.push(new AsyncScope());
        yield* sleep(0);
      });

      await opens();

      const scope = scopes[0]!;
      expect(scope.cancelled).toBeFalse();
      expect(await scope.start(of('value'))).toBe('value');
      await scope.close();
    });

    it('goes on, if the call failed', async () => {
      const scopes: AsyncScope[] = [];
      const opens = tamed(function* () {
        scopes.push(new AsyncScope());
        yield* faulty();
      });

      await errorOf(opens());

      expect(scopes[0]!.cancelled).toBeFalse();
    });

    it('raises its failures by itself', async () => {
      await using outer = new AsyncScope();
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(faulty());
        yield* sleep(3);
        return scope;
      });

      const scope = await outer.start(opens());

      await expectAsync(scope.close()).toBeRejectedWith(jasmine.objectContaining({ errors: [failure] }));
    });
  });

  it('belongs to nobody, if the subscriber of an Observable made it', () => {
    const scopes: AsyncScope[] = [];
    const source = new Observable(() => {
      scopes.push(new AsyncScope());
    });

    source.subscribe().unsubscribe();

    expect(scopes[0]!.cancelled).toBeFalse();
  });
});
