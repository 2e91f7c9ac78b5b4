import { config, finalize, from, NEVER, Observable, of, Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import type { ScopeError } from '../../src/index.ts';
import { AsyncScope, CancelledError, cleanup, type DelayedResult, sleep, tamed } from '../../src/index.ts';

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

function raising(error: Error): () => never {
  return () => {
    throw error;
  };
}

describe('Cancelling a scope', () => {
  let unhandled: unknown[];
  const { onUnhandledError } = config;

  beforeEach(() => {
    unhandled = [];
    config.onUnhandledError = (error) => unhandled.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
  });

  describe('that has children', () => {
    it('tears them down in the order of their start', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.start(NEVER.pipe(finalize(() => log.push('Observable'))));
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            log.push('generator');
          }
        })(),
      );
      scope.start(NEVER.pipe(finalize(() => log.push('last'))));

      scope.cancel();

      expect(log).toEqual(['Observable', 'generator', 'last']);
    });

    it('tears them down once', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.start(NEVER.pipe(finalize(() => log.push('torn down'))));

      scope.cancel();
      scope.cancel();

      expect(log).toEqual(['torn down']);
    });

    it('marks their results before anything is torn down', () => {
      const scope = new AsyncScope();
      const results: DelayedResult<unknown>[] = [];
      const seen: string[] = [];
      results.push(
        scope.start(NEVER.pipe(finalize(() => seen.push(...results.map(({ status }) => status))))),
      );
      results.push(scope.start(NEVER));

      scope.cancel();

      expect(seen).toEqual(['cancelled', 'cancelled']);
    });

    it('tells those who wait for the results when everything is torn down', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const child = (name: string): Observable<never> =>
        NEVER.pipe(finalize(() => log.push(`${name} torn down`)));
      scope.start(child('a')).subscribe({ complete: () => log.push('a told') });
      scope.start(child('b')).subscribe({ complete: () => log.push('b told') });

      scope.cancel();

      expect(log).toEqual(['a torn down', 'b torn down', 'a told', 'b told']);
    });

    it('tells them before it returns', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.start(NEVER).subscribe({ complete: () => log.push('told') });

      scope.cancel();
      log.push('returned');

      expect(log).toEqual(['told', 'returned']);
    });

    it('lets no child fail that waits for another one', async () => {
      const scope = new AsyncScope();
      const first = scope.start(sleep(Infinity));
      const generator = scope.start(
        tamed(function* () {
          yield* first;
        })(),
      );
      const asyncFunction = scope.start(tamed(async () => await first)());

      scope.cancel();

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
      expect([generator.status, asyncFunction.status]).toEqual(['cancelled', 'cancelled']);
    });

    it('lets no child fail that waits for one that was started later', async () => {
      const scope = new AsyncScope();
      const results: DelayedResult<void>[] = [];
      const waiting = scope.start(
        tamed(function* () {
          yield* sleep(0);
          yield* results[0]!;
        })(),
      );
      results.push(scope.start(sleep(Infinity)));
      await macrotasks();

      scope.cancel();

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
      expect(waiting.status).toBe('cancelled');
    });

    it('lets none go on that was about to', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope();
        const log: string[] = [];
        const short = tamed(function* () {
          yield* sleep(1);
        });
        const awaited = scope.start(short());
        const after = tamed(function* (then: () => void) {
          yield* awaited;
          then();
        });

        scope.start(after(() => scope.cancel()));
        scope.start(after(() => log.push('went on')));
        flush();

        expect(log).toEqual([]);
      });
    });

    it('lets none go on for which the cleanup of another makes way', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const gate = new Subject<void>();
      const next = tamed(function* () {
        yield* tamed.from(gate);
        log.push('went on');
      });
      scope.start(
        NEVER.pipe(
          finalize(() => {
            gate.next();
            gate.complete();
          }),
        ),
      );
      scope.start(next());

      scope.cancel();

      expect(log).toEqual([]);
    });

    it('begins none in the queue for which the cleanup of its body makes way', () => {
      const log: string[] = [];
      const gate = new Subject<void>();
      let scope = new AsyncScope();
      const run = AsyncScope.run(
        (own) => {
          scope = own;
          scope.start(gate);
          scope.start(tamed(() => log.push('began'))());
          return NEVER.pipe(finalize(() => gate.complete()));
        },
        { concurrency: 1 },
      );
      run.subscribe({ error() {} });

      scope.cancel();

      expect(log).toEqual([]);
    });

    it('lets none emit any longer', () => {
      const scope = new AsyncScope();
      const source = new Subject<string>();
      const seen: string[] = [];
      scope.start(source).subscribe((value) => seen.push(value));
      source.next('before');

      scope.cancel();
      source.next('after');

      expect(seen).toEqual(['before']);
      expect(source.observed).toBeFalse();
    });

    it('leaves the results of those that have ended', async () => {
      const scope = new AsyncScope();
      const result = scope.start(of('value'));

      scope.cancel();

      expect(result.status).toBe('succeeded');
      expect(await result).toBe('value');
    });

    it('completes their results, as Observables, after the latest value', () => {
      onVirtualTime(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const source = '  --a--b-----c';
        const subs = '    ^-------!   ';
        const cancel = '  --------x   ';
        const expected = '--a--b--|   ';
        const scope = new AsyncScope();
        const child = hot(source);
        const result = scope.start(child);

        cold(cancel).subscribe(() => scope.cancel());

        expectObservable(result).toBe(expected);
        expectSubscriptions(child.subscriptions).toBe(subs);
      });
    });

    it('rejects, for those who await them, with a CancelledError', async () => {
      const scope = new AsyncScope();
      const result = scope.start(sleep(Infinity));

      scope.cancel();

      await expectAsync(result).toBeRejectedWithError(CancelledError, 'The scope was cancelled.');
    });

    it('goes on when a teardown throws, and lets close raise that', async () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const failure = new Error('Oh no!');
      scope.start(NEVER.pipe(finalize(raising(failure))));
      scope.start(NEVER.pipe(finalize(() => log.push('torn down'))));

      scope.cancel();

      expect(log).toEqual(['torn down']);
      expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure]);
    });
  });

  describe('with cleanup', () => {
    it('has finished what is synchronous when it returns', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      const inner = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          log.push('inner');
        }
      });
      const outer = tamed(function* () {
        try {
          yield* inner();
        } finally {
          log.push('outer');
        }
      });
      scope.start(outer());

      scope.cancel();

      expect(log).toEqual(['inner', 'outer']);
      expect(scope.size).toBe(0);
    });

    it('has finished it also when it is called in an observer of the scope', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            log.push('cleaned up');
          }
        })(),
      );
      scope.values$.subscribe(() => {
        scope.cancel();
        log.push('returned');
      });

      scope.start(of('value'));

      expect(log).toEqual(['cleaned up', 'returned']);
    });

    it('counts and lists who still cleans up', () => {
      const scope = new AsyncScope();
      const slow = tamed(function* slow() {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* sleep(1);
        }
      });
      scope.start(slow());
      scope.start(sleep(Infinity));

      scope.cancel();

      expect(scope.size).toBe(1);
      expect(scope.children).toEqual([{ id: 1, name: 'slow', state: 'cleaning up' }]);
    });

    it('has the results cancelled before the cleanup ends', () => {
      onVirtualTime(({ cold, expectObservable }) => {
        const scope = new AsyncScope();
        const slow = tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* sleep(5);
          }
        });
        const result = scope.start(slow());

        cold('---x').subscribe(() => scope.cancel());

        expectObservable(result).toBe('---|');
        expectObservable(scope.close()).toBe('--------(a|)', { a: undefined });
      });
    });
  });

  describe('for a reason', () => {
    it('gives it to those who wait, as the cause', async () => {
      const scope = new AsyncScope();
      const reason = new Error('The component has gone.');
      const result = scope.start(sleep(Infinity));

      scope.cancel(reason);

      expect(((await errorOf(result)) as CancelledError).cause).toBe(reason);
    });

    it('gives it to the signal', () => {
      const scope = new AsyncScope();
      const { signal } = scope;

      scope.cancel('gone');

      expect(signal.aborted).toBeTrue();
      expect(signal.reason).toBe('gone');
    });

    it('keeps the first of several', async () => {
      const scope = new AsyncScope();
      const result = scope.start(sleep(Infinity));

      scope.cancel('first');
      scope.cancel('second');

      expect(((await errorOf(result)) as CancelledError).cause).toBe('first');
      expect(scope.signal.reason).toBe('first');
    });

    it('gives a CancelledError without a cause, where there is none', async () => {
      const scope = new AsyncScope();
      const result = scope.start(sleep(Infinity));

      scope.cancel();

      expect(Object.hasOwn((await errorOf(result)) as object, 'cause')).toBeFalse();
    });

    it('keeps it for who asks for the value', () => {
      const scope = new AsyncScope();
      const result = scope.start(sleep(Infinity));

      scope.cancel('gone');

      expect(() => result.value).toThrowMatching(
        ({ message, cause }: Error) =>
          message === 'Execution was cancelled.' && (cause as CancelledError).cause === 'gone',
      );
    });
  });

  describe('and its signal', () => {
    it('aborts it with an AbortError, where there is no reason', () => {
      const scope = new AsyncScope();
      const { signal } = scope;

      scope.cancel();

      expect((signal.reason as DOMException).name).toBe('AbortError');
    });

    it('has aborted it for who looks at it only afterwards', () => {
      const scope = new AsyncScope();

      scope.cancel('gone');

      expect(scope.signal.aborted).toBeTrue();
      expect(scope.signal.reason).toBe('gone');
    });

    it('has aborted it when it returns', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.signal.addEventListener('abort', () => log.push('aborted'));

      scope.cancel();

      expect(log).toEqual(['aborted']);
    });

    it('has aborted it before its close is told', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.signal.addEventListener('abort', () => log.push('aborted'));
      scope.start(NEVER);
      scope.close().subscribe({ complete: () => log.push('closed') });

      scope.cancel();

      expect(log).toEqual(['aborted', 'closed']);
    });

    it('is one and the same signal at all times', () => {
      const scope = new AsyncScope();
      const { signal } = scope;

      scope.cancel();

      expect(scope.signal).toBe(signal);
    });

    it('leaves it alone when the scope closes without being cancelled', async () => {
      const scope = new AsyncScope();
      const { signal } = scope;
      scope.start(sleep(1));

      await scope.close();

      expect(signal.aborted).toBeFalse();
    });

    it('lets a listener cancel again', () => {
      const scope = new AsyncScope();
      scope.signal.addEventListener('abort', () => scope.cancel('again'));

      scope.cancel('first');

      expect(scope.signal.reason).toBe('first');
    });
  });

  describe('from inside itself', () => {
    it('unwinds a generator that cancels its own scope at its next yield*', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.start(
        tamed(function* () {
          try {
            scope.cancel();
            log.push('goes on');
            yield* sleep(1);
            log.push('never');
          } finally {
            log.push('finally');
          }
        })(),
      );

      expect(log).toEqual(['goes on', 'finally']);
      expect(scope.size).toBe(0);
    });

    it('tears down a source that cancels the scope while it is being subscribed', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.start(
        new Observable(() => {
          scope.cancel();
          return () => log.push('torn down');
        }),
      );

      expect(log).toEqual(['torn down']);
      expect(scope.size).toBe(0);
    });

    it('waits for the cleanup of a source that cancels the scope while it is being subscribed', () => {
      onVirtualTime(({ expectObservable }) => {
        const scope = new AsyncScope();
        scope.start(
          new Observable(() => {
            scope.cancel();
            return () => cleanup(sleep(5));
          }),
        );

        expectObservable(scope.close()).toBe('-----(a|)', { a: undefined });
      });
    });

    it('cancels the result of the child that did it', () => {
      const scope = new AsyncScope();

      const result = scope.start(
        tamed(() => {
          scope.cancel();
          return 'returned all the same';
        })(),
      );

      expect(result.status).toBe('cancelled');
    });

    it('goes through once, where a teardown cancels again', () => {
      const scope = new AsyncScope();
      const log: string[] = [];
      scope.start(
        NEVER.pipe(
          finalize(() => {
            log.push('first');
            scope.cancel('again');
          }),
        ),
      );
      scope.start(NEVER.pipe(finalize(() => log.push('second'))));

      scope.cancel('once');

      expect(log).toEqual(['first', 'second']);
      expect(scope.signal.reason).toBe('once');
    });

    it('tears everything down, where the observer of a value does it', () => {
      const scope = new AsyncScope();
      const seen: number[] = [];
      const source = new Subject<number>();
      scope.start(source).subscribe((value) => {
        seen.push(value);
        scope.cancel();
      });

      source.next(1);
      source.next(2);

      expect(seen).toEqual([1]);
      expect(scope.size).toBe(0);
    });

    it('stops a source that goes on emitting synchronously', () => {
      const scope = new AsyncScope();
      const seen: unknown[] = [];
      scope.values$.subscribe((value) => {
        seen.push(value);
        scope.cancel();
      });

      scope.start(from([1, 2, 3]));

      expect(seen).toEqual([1]);
    });
  });

  describe('at any time', () => {
    it('is for good', async () => {
      const scope = new AsyncScope();
      scope.cancel();

      await scope.close();

      expect(scope.cancelled).toBeTrue();
    });

    it('does not close it', () => {
      const scope = new AsyncScope();

      scope.cancel();

      expect(scope.closed).toBeFalse();
    });

    it('is known at once', () => {
      const scope = new AsyncScope();
      const before = scope.cancelled;

      scope.cancel();

      expect([before, scope.cancelled]).toEqual([false, true]);
    });

    it('ends a close that waits', () => {
      onVirtualTime(({ cold, expectObservable }) => {
        const scope = new AsyncScope();
        scope.start(sleep(Infinity));

        const closing = scope.close();
        cold('---x').subscribe(() => scope.cancel());

        expectObservable(closing).toBe('---(a|)', { a: undefined });
      });
    });

    it('does nothing after the close', async () => {
      const scope = new AsyncScope();
      const { signal } = scope;
      await scope.close();

      scope.cancel();

      expect(scope.cancelled).toBeFalse();
      expect(signal.aborted).toBeFalse();
    });

    it('is no failure', async () => {
      const scope = new AsyncScope();
      scope.start(sleep(Infinity));

      scope.cancel(new Error('only a reason'));

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });
  });
});
