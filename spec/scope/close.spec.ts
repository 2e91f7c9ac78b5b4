import {
  config,
  finalize,
  mergeMap,
  NEVER,
  Observable,
  of,
  Subject,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  AsyncScope,
  AwaitError,
  BlockingError,
  CancelledError,
  cleanup,
  type DelayedResult,
  ScopeError,
  sleep,
  tamed,
} from '../../src/index.ts';
import { onlyWhere, unhandledRejections } from '../support/runtime.ts';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function onVirtualTime(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

/** Long enough for what comes a macrotask later, and for RxJS to report it. */
async function macrotasks(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
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

const faulty = tamed((error: unknown, ms: number = 0) =>
  timer(ms).pipe(mergeMap(() => throwError(() => error))),
);

function raising(error: Error): () => never {
  return () => {
    throw error;
  };
}

describe('Closing a scope', () => {
  let unhandled: unknown[];
  const { onUnhandledError } = config;

  beforeEach(() => {
    unhandled = [];
    config.onUnhandledError = (error) => unhandled.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
  });

  describe('in general', () => {
    it('begins at the call, whether anybody waits or not', () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const result = scope.start(sleep(Infinity));

      scope.close();

      expect(result.status).toBe('cancelled');
      expect(scope.closed).toBeTrue();
    });

    it('is over at once, where nothing runs', () => {
      const scope = new AsyncScope();

      const closing = scope.close();

      expect(closing.status).toBe('succeeded');
      expect(scope.closed).toBeTrue();
    });

    it('gives the same result every time', async () => {
      const scope = new AsyncScope();
      scope.start(sleep(1));
      const closing = scope.close();

      const again = scope.close();
      await closing;

      expect(again).toBe(closing);
      expect(scope.close()).toBe(closing);
    });

    it('emits undefined, and completes', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        scope.start(sleep(3));

        expectObservable(scope.close()).toBe('---(a|)', { a: undefined });
      });
    });

    it('has not closed while a child runs', () => {
      onVirtualTime(({ cold, flush }) => {
        const scope = new AsyncScope();
        const seen: [boolean, number][] = [];
        scope.start(sleep(3));

        scope.close();
        cold('--a-b').subscribe(() => seen.push([scope.closed, scope.size]));
        flush();

        expect(seen).toEqual([
          [false, 1],
          [true, 0],
        ]);
      });
    });

    it('waits for the longest of its children', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        scope.start(sleep(2));
        scope.start(sleep(7));
        scope.start(sleep(4));

        expectObservable(scope.close()).toBe('-------(a|)', { a: undefined });
      });
    });

    it('waits for the cleanup of a child that has ended by itself', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        const result = scope.start(timer(2).pipe(finalize(() => cleanup(sleep(3)))));

        expectObservable(result).toBe('--(a|)', { a: 0 });
        expectObservable(scope.close()).toBe('-----(a|)', { a: undefined });
      });
    });

    it('waits for an async function that cleans up', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const log: string[] = [];
      scope.start(
        tamed(async () => {
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

    it('has told those who wait for a child before those who wait for the close', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope();
        const log: string[] = [];
        const result = scope.start(sleep(3));
        scope.close().subscribe({ complete: () => log.push('closed') });
        result.subscribe({ complete: () => log.push('child') });

        flush();

        expect(log).toEqual(['child', 'closed']);
      });
    });

    it('can be begun by a child', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            yield* sleep(1);
            scope.close();
            yield* sleep(2);
          })(),
        );
        const closing = new Subject<boolean>();
        timer(2, 1)
          .pipe(takeUntil(timer(5)))
          .subscribe(() => closing.next(scope.closed));

        expectObservable(closing).toBe('--abb', { a: false, b: true });
      });
    });

    it('can be begun by the observer of its last child', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope();
        scope.start(sleep(1)).subscribe({ complete: () => scope.close() });

        flush();

        expect(scope.closed).toBeTrue();
      });
    });
  });

  describe('in exit mode "wait"', () => {
    it('is the default', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        const explicit = new AsyncScope({ exitMode: 'wait' });
        scope.start(sleep(2));
        explicit.start(sleep(2));

        expectObservable(scope.close()).toBe('--(a|)', { a: undefined });
        expectObservable(explicit.close()).toBe('--(a|)', { a: undefined });
      });
    });

    it('cancels nothing', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope();
        const result = scope.start(sleep(2));

        scope.close();
        flush();

        expect(scope.cancelled).toBeFalse();
        expect(result.status).toBe('succeeded');
      });
    });
  });

  describe('in exit mode "cancel"', () => {
    it('cancels the children', () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const log: string[] = [];
      scope.start(NEVER.pipe(finalize(() => log.push('torn down'))));

      scope.close();

      expect(scope.cancelled).toBeTrue();
      expect(log).toEqual(['torn down']);
    });

    it('raises nothing', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      scope.start(sleep(Infinity));

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });

    it('waits for the cleanup', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope({ exitMode: 'cancel' });
        scope.start(NEVER.pipe(finalize(() => cleanup(sleep(4)))));

        expectObservable(scope.close()).toBe('----(a|)', { a: undefined });
      });
    });

    it('gives a CancelledError without a cause to those who wait for a child', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const result = scope.start(sleep(Infinity));

      scope.close();

      expect(((await errorOf(result)) as CancelledError).cause).toBeUndefined();
    });
  });

  describe('in exit mode "raise"', () => {
    const work = tamed(function work() {
      return sleep(Infinity);
    });

    it('cancels the children', () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      const result = scope.start(work());

      scope.close().catch(() => undefined);

      expect(scope.cancelled).toBeTrue();
      expect(result.status).toBe('cancelled');
    });

    it('raises an AwaitError where nobody has awaited a child that still runs', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      scope.start(work());

      await expectAsync(scope.close()).toBeRejectedWithError(AwaitError);
    });

    it('raises it where nobody has awaited a child that has finished', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      scope.start(of('value'));

      await expectAsync(scope.close()).toBeRejectedWithError(AwaitError);
    });

    it('raises nothing where each has been awaited', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });

      await scope.start(sleep(1));
      await scope.start(of('value'));

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });

    it('raises nothing where nothing was started', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });

    it('raises nothing for a child that is awaited, and still runs', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      const result = scope.start(work());
      result.catch(() => undefined);

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });

    const waysToAwait: Record<string, (result: DelayedResult<string>) => unknown> = {
      then: (result) => result.then(() => undefined),
      finally: (result) => result.finally(() => undefined),
      subscribe: (result) => result.subscribe(),
      'a pipeline that is subscribed': (result) => result.pipe(takeUntil(NEVER)).subscribe(),
      'for await': (result) => result[Symbol.asyncIterator]().next(),
      'yield*': (result) =>
        tamed(function* () {
          yield* result;
        })().subscribe(),
      'tamed.from': (result) => tamed.from(result).subscribe(),
      'a start in another scope': (result) => new AsyncScope().start(result),
    };

    for (const [way, ask] of Object.entries(waysToAwait)) {
      it(`takes ${way} for awaiting`, async () => {
        const scope = new AsyncScope({ exitMode: 'raise' });
        ask(scope.start(of('value')));

        await expectAsync(scope.close()).toBeResolvedTo(undefined);
      });
    }

    const waysNotTo: Record<string, (result: DelayedResult<string>) => unknown> = {
      'a look at the value': (result) => result.value,
      'a look at the status': (result) => result.status,
      'a pipeline that nobody subscribes': (result) => result.pipe(takeUntil(NEVER)),
    };

    for (const [way, look] of Object.entries(waysNotTo)) {
      it(`does not take ${way} for awaiting`, async () => {
        const scope = new AsyncScope({ exitMode: 'raise' });
        look(scope.start(of('value')));

        await expectAsync(scope.close()).toBeRejectedWithError(AwaitError);
      });
    }

    it('does not count who asks only after closing began', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      const result = scope.start(work());

      const closing = scope.close();
      result.catch(() => undefined);

      await expectAsync(closing).toBeRejectedWithError(AwaitError);
    });

    it('names each such child, and only those', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      scope.start(work());
      scope.start(
        tamed(function finished() {
          return 'value';
        })(),
      );
      await scope.start(
        tamed(function awaited() {
          return 'value';
        })(),
      );

      const { message } = (await errorOf(scope.close())) as AwaitError;

      expect(message).toMatch(/2 results/);
      expect(message).toContain('work');
      expect(message).toContain('finished');
      expect(message).not.toContain('awaited (');
    });

    it('names the function, the file and the line that started it', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      function startIt(): void {
        scope.start(work());
      }
      startIt();

      const { message } = (await errorOf(scope.close())) as AwaitError;

      expect(message).toMatch(/startIt \(.*close\.spec\.ts:\d+:\d+\)/);
    });

    it('names a child without a name by its number', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      await scope.start(of('value'));
      scope.start(of('value'));

      expect(((await errorOf(scope.close())) as AwaitError).message).toContain('#2');
    });

    it('raises nothing of the kind if the scope had been cancelled before', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      scope.start(work());
      scope.cancel();

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });

    it('raises the failures instead, where there are any', async () => {
      const scope = new AsyncScope({ exitMode: 'raise', errorMode: 'continue' });
      scope.start(work());
      scope.start(tamed(() => Promise.reject(new Error('Oh no!')))());
      await macrotasks();

      await expectAsync(scope.close()).toBeRejectedWithError(ScopeError, /^1 async function failed/);
    });

    it('raises the error of a cleanup instead, where there is one', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      scope.start(NEVER.pipe(finalize(raising(new Error('Oh no!')))));

      await expectAsync(scope.close()).toBeRejectedWithError(ScopeError);
    });

    it('raises it when the cleanup has ended', () => {
      onVirtualTime(({ cold, flush }) => {
        const scope = new AsyncScope({ exitMode: 'raise' });
        const seen: string[] = [];
        scope.start(NEVER.pipe(finalize(() => cleanup(sleep(3)))));

        const closing = scope.close();
        closing.catch(() => undefined);
        cold('--a-b').subscribe(() => seen.push(closing.status));
        flush();

        expect(seen).toEqual(['pending', 'failed']);
      });
    });
  });

  describe('raises', () => {
    it('one ScopeError for one failure', async () => {
      const scope = new AsyncScope();
      const failure = new Error('Oh no!');
      scope.start(faulty(failure));

      const error = (await errorOf(scope.close())) as ScopeError;

      expect(error).toBeInstanceOf(ScopeError);
      expect(error).toBeInstanceOf(AggregateError);
      expect(error.name).toBe('ScopeError');
      expect(error.message).toMatch(/^1 async function failed/);
      expect(error.errors).toEqual([failure]);
    });

    it('one ScopeError for several, in the order in which they reached it', async () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      scope.start(faulty('late', 4));
      scope.start(faulty('early', 1));

      const error = (await errorOf(scope.close())) as ScopeError;

      expect(error.message).toMatch(/^2 async functions failed/);
      expect(error.errors).toEqual(['early', 'late']);
    });

    it('what a finally block throws after a cancel', async () => {
      const scope = new AsyncScope();
      const failure = new Error('Oh no!');
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            throw failure;
          }
        })(),
      );

      scope.cancel();

      expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure]);
    });

    it('what teardowns throw at a normal end', async () => {
      const scope = new AsyncScope();
      const raise = raising(new Error('Oh no!'));
      const result = scope.start(timer(1).pipe(finalize(raise)));

      const error = (await errorOf(scope.close())) as ScopeError;

      expect(result.status).toBe('succeeded');
      expect(error.errors).toEqual([new Error('Oh no!')]);
    });

    it('the errors in an UnsubscriptionError one by one', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const [first, second] = [new Error('first'), new Error('second')];
      scope.start(
        new Observable((subscriber) => {
          subscriber.add(raising(first));
          subscriber.add(raising(second));
        }),
      );

      expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([first, second]);
    });

    it('a failure first, and then what the cleanup of the others throws', async () => {
      const scope = new AsyncScope();
      const [failure, inCleanup] = [new Error('failure'), new Error('cleanup')];
      scope.start(NEVER.pipe(finalize(raising(inCleanup))));
      scope.start(faulty(failure, 1));

      expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure, inCleanup]);
    });

    it('what is no Error as it is', async () => {
      const scope = new AsyncScope();
      scope.start(faulty(undefined));

      expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([undefined]);
    });

    it('the same error to everybody', async () => {
      const scope = new AsyncScope();
      scope.start(faulty('Oh no!'));

      const first = await errorOf(scope.close());

      expect(await errorOf(scope.close())).toBe(first);
    });

    it('nothing that has no cause to be raised', async () => {
      const scope = new AsyncScope();
      scope.start(faulty('Oh no!'));

      expect(Object.hasOwn((await errorOf(scope.close())) as object, 'cause')).toBeFalse();
    });
  });

  describe('that fails', () => {
    it('goes to config.onUnhandledError where nobody has awaited it a macrotask later', async () => {
      const scope = new AsyncScope();
      scope.start(tamed(() => Promise.reject(new Error('Oh no!')))());

      const closing = scope.close();
      await macrotasks();

      expect(closing.status).toBe('failed');
      expect(unhandled).toEqual([jasmine.any(ScopeError)]);
    });

    it('is reported once', async () => {
      const scope = new AsyncScope();
      scope.start(tamed(() => Promise.reject(new Error('Oh no!')))());

      scope.close();
      scope.close();
      await macrotasks();
      scope.close();
      await macrotasks();

      expect(unhandled.length).toBe(1);
    });

    it('is not reported to somebody who asks before that', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      scope.start(of('value'));
      const closing = scope.close();
      await Promise.resolve();

      await expectAsync(closing).toBeRejectedWithError(AwaitError);
      await macrotasks();

      expect(unhandled).toEqual([]);
    });

    it('reaches a subscriber with an error handler', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      const errors: unknown[] = [];
      scope.start(of('value'));

      scope.close().subscribe({ error: (error: unknown) => errors.push(error) });
      await macrotasks();

      expect(errors).toEqual([jasmine.any(AwaitError)]);
      expect(unhandled).toEqual([]);
    });

    it('reaches a subscriber without an error handler through the report of RxJS alone', async () => {
      const scope = new AsyncScope({ exitMode: 'raise' });
      scope.start(of('value'));

      scope.close().subscribe();
      await macrotasks();

      expect(unhandled).toEqual([jasmine.any(AwaitError)]);
    });

    it('is not taken for heard by somebody who has left', async () => {
      const scope = new AsyncScope();
      scope.start(faulty('Oh no!', 1));

      scope
        .close()
        .subscribe({ error: () => undefined })
        .unsubscribe();
      await macrotasks();

      expect(unhandled).toEqual([jasmine.any(ScopeError)]);
    });

    it('rejects for somebody who comes after the report', async () => {
      const scope = new AsyncScope();
      scope.start(faulty('Oh no!'));
      const closing = scope.close();
      await macrotasks();

      await expectAsync(closing).toBeRejectedWith(unhandled[0]);
    });

    it('goes nowhere else: not to unhandledRejection', async () => {
      const rejections = await unhandledRejections(async () => {
        const scope = new AsyncScope();
        scope.start(tamed(() => Promise.reject(new Error('Oh no!')))());

        scope.close();
        await macrotasks();
      });

      expect(rejections).toEqual([]);
    });
  });

  describe('by "await using"', () => {
    it('waits for the children', async () => {
      const log: string[] = [];
      const echo = tamed(async (text: string, ms: number) => {
        await sleep(ms);
        log.push(text);
      });

      {
        await using scope = new AsyncScope();
        scope.start(echo('b', 4));
        scope.start(echo('a', 1));
      }
      log.push('left');

      expect(log).toEqual(['a', 'b', 'left']);
    });

    it('closes by the exit mode', async () => {
      let result: DelayedResult<void>;

      {
        await using scope = new AsyncScope({ exitMode: 'cancel' });
        result = scope.start(sleep(Infinity));
      }

      expect(result.status).toBe('cancelled');
    });

    it('throws what closing raises', async () => {
      const block = async (): Promise<void> => {
        await using scope = new AsyncScope();
        scope.start(faulty('Oh no!'));
      };

      await expectAsync(block()).toBeRejectedWithError(ScopeError);
      expect(unhandled).toEqual([]);
    });

    it('throws nothing that somebody has been told before', async () => {
      let told: unknown;
      {
        await using scope = new AsyncScope();
        scope.start(faulty('Oh no!'));
        told = await errorOf(scope.close());
      }

      expect(told).toBeInstanceOf(ScopeError);
      expect(unhandled).toEqual([]);
    });

    it('throws once, where it is disposed of twice', async () => {
      const scope = new AsyncScope();
      scope.start(faulty('Oh no!'));

      await expectAsync(scope[Symbol.asyncDispose]()).toBeRejectedWithError(ScopeError);

      await expectAsync(scope[Symbol.asyncDispose]()).toBeResolvedTo(undefined);
    });

    it('does nothing more to a scope that has closed', async () => {
      const scope = new AsyncScope();
      await scope.close();

      await expectAsync(scope[Symbol.asyncDispose]()).toBeResolvedTo(undefined);
    });
  });

  describe('for which one of its own children waits', () => {
    it('gives an error to a generator', async () => {
      const scope = new AsyncScope();
      const selfish = tamed(function* () {
        yield* scope.close();
      });

      const result = scope.start(selfish());
      await errorOf(scope.close());

      expect(result.status).toBe('failed');
      expect(() => result.value).toThrowMatching(({ cause }: Error) => cause instanceof BlockingError);
    });

    it('gives it at once, while others run', () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      const selfish = tamed(function* () {
        yield* scope.close();
      });
      scope.start(sleep(Infinity));

      const result = scope.start(selfish());

      expect(result.status).toBe('failed');
    });

    it('gives an error to an async function', async () => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      const selfish = tamed(async () => await scope.close());

      await expectAsync(scope.start(selfish())).toBeRejectedWithError(BlockingError);
    });

    onlyWhere.contextIsCarried.it(
      'gives an error to an async function after its first await, too',
      async () => {
        const scope = new AsyncScope({ errorMode: 'continue' });
        const selfish = tamed(async () => {
          await sleep(1);
          await scope.close();
        });

        await expectAsync(scope.start(selfish())).toBeRejectedWithError(BlockingError);
      },
    );

    it('gives an error to a call that is made in a child', async () => {
      const scope = new AsyncScope();
      const selfish = tamed(function* () {
        yield* scope.close();
      });
      const outer = tamed(function* () {
        yield* selfish();
      });

      await expectAsync(scope.start(outer())).toBeRejectedWithError(BlockingError);
      await errorOf(scope.close());
    });

    it('gives an error to an Observable that subscribes to it', async () => {
      const scope = new AsyncScope();

      const result = scope.start(new Observable((subscriber) => scope.close().subscribe(subscriber)));

      await expectAsync(result).toBeRejectedWithError(BlockingError);
      await errorOf(scope.close());
    });

    it('gives an error to a child that is the close itself', async () => {
      const scope = new AsyncScope();
      const holding = scope.start(sleep(5));

      const result = scope.start(scope.close());

      await expectAsync(result).toBeRejectedWithError(BlockingError);
      await expectAsync(holding).toBeRejectedWithError(CancelledError);
      await errorOf(scope.close());
    });

    it('gives an error to a child of a scope nested in it', async () => {
      const scope = new AsyncScope();
      const nested = new AsyncScope({ parent: scope });
      const selfish = tamed(function* () {
        yield* scope.close();
      });

      await expectAsync(nested.start(selfish())).toBeRejectedWithError(BlockingError);
      await errorOf(scope.close());
    });

    it('gives an error to the finally block of a cancelled child', async () => {
      const scope = new AsyncScope();
      const errors: unknown[] = [];
      const selfish = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          try {
            yield* scope.close();
          } catch (error) {
            errors.push(error);
          }
        }
      });
      scope.start(selfish());

      scope.cancel();
      await scope.close();

      expect(errors).toEqual([jasmine.any(BlockingError)]);
    });

    it('closes all the same', async () => {
      const scope = new AsyncScope();
      const selfish = tamed(function* () {
        try {
          yield* scope.close();
        } catch {
          yield* sleep(1);
        }
        return 'went on';
      });
      const result = scope.start(selfish());

      await scope.close();

      expect(result.value).toBe('went on');
    });

    it('lets a child begin the close without waiting for it', async () => {
      const scope = new AsyncScope();

      const result = scope.start(tamed(() => scope.close().status)());

      expect(await result).toBe('pending');
      await scope.close();
    });

    it('lets a child wait for the close of another scope', async () => {
      await using scope = new AsyncScope();
      const other = new AsyncScope();
      other.start(sleep(1));

      await expectAsync(scope.start(other.close())).toBeResolvedTo(undefined);
    });

    it('lets a child wait for the close of a scope nested in its own', async () => {
      await using scope = new AsyncScope();
      const nested = new AsyncScope({ parent: scope });
      nested.start(sleep(1));
      const child = tamed(function* () {
        yield* nested.close();
        return 'closed';
      });

      expect(await scope.start(child())).toBe('closed');
    });
  });
});
