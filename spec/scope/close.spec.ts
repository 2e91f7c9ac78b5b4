import { finalize, NEVER, Subject, takeUntil, timer } from 'rxjs';

import {
  AsyncScope,
  cleanup,
  type DelayedResult,
  ScopeClosedError,
  ScopeError,
  sleep,
  tamed,
} from '../../src/index.ts';
import { unhandledErrors } from '../support/unhandled.ts';
import { errorOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';
import { failingWith } from './failure.ts';

describe('Closing a scope', () => {
  const unhandled = unhandledErrors();

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

  describe('where it was never used', () => {
    it('starts nothing any more, and nests nothing', () => {
      const scope = new AsyncScope({ name: 'unused' });
      scope.close();

      expect(() => scope.start(sleep(1))).toThrowError(ScopeClosedError, /"unused" has closed/);
      expect(() => new AsyncScope({ parent: scope })).toThrowError(ScopeClosedError, /"unused" has closed/);
    });

    it('gives the same result every time, also after it was asked for something else', () => {
      const scope = new AsyncScope();
      const closing = scope.close();

      expect(scope.close()).toBe(closing);
      expect(scope.signal.aborted).toBeFalse();
      expect([scope.close(), scope.shutdown()]).toEqual([closing, closing]);
      expect(scope.close()).toBe(closing);
    });

    it('has streams that have completed', () => {
      const scope = new AsyncScope();
      const seen: string[] = [];
      scope.close();

      for (const stream of [scope.values$, scope.events$, scope.scopes$]) {
        stream.subscribe({ complete: () => seen.push('completed') });
      }

      expect(seen).toEqual(['completed', 'completed', 'completed']);
    });

    it('stays closed, and not cancelled, when it is cancelled later', () => {
      const scope = new AsyncScope();
      scope.close();

      scope.cancel();

      expect([scope.closed, scope.cancelled, scope.size, scope.children]).toEqual([true, false, 0, []]);
    });

    it('has been cancelled, if its exit mode cancels', () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });

      scope.close();

      expect([scope.closed, scope.cancelled, scope.signal.aborted]).toEqual([true, true, true]);
    });

    it('has been awaited only when somebody asks', async () => {
      const closing = new AsyncScope().close();
      const before = closing.awaited;

      await closing;

      expect([before, closing.awaited]).toEqual([false, true]);
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
        scope.start(failingWith('Oh no!'));
      };

      await expectAsync(block()).toBeRejectedWithError(ScopeError);
      expect(unhandled).toEqual([]);
    });

    it('throws nothing that somebody has been told before', async () => {
      let told: unknown;
      {
        await using scope = new AsyncScope();
        scope.start(failingWith('Oh no!'));
        told = await errorOf(scope.close());
      }

      expect(told).toBeInstanceOf(ScopeError);
      expect(unhandled).toEqual([]);
    });

    it('throws once, where it is disposed of twice', async () => {
      const scope = new AsyncScope();
      scope.start(failingWith('Oh no!'));

      await expectAsync(scope[Symbol.asyncDispose]()).toBeRejectedWithError(ScopeError);

      await expectAsync(scope[Symbol.asyncDispose]()).toBeResolvedTo(undefined);
    });

    it('does nothing more to a scope that has closed', async () => {
      const scope = new AsyncScope();
      await scope.close();

      await expectAsync(scope[Symbol.asyncDispose]()).toBeResolvedTo(undefined);
    });
  });
});

describe('Three scopes that are nested in one', () => {
  it('are closed with it, also where the end of the first closes the second, and makes a fourth', async () => {
    const parent = new AsyncScope();
    const scopes = [1, 2, 3].map(() => new AsyncScope({ parent, exitMode: 'cancel' }));
    const onEnd = () => [scopes[1]?.close(), scopes.push(new AsyncScope({ parent }))];
    void scopes[0]?.start(NEVER.pipe(finalize(onEnd)));
    await parent.close();
    expect(scopes.map(({ closed }) => closed)).toEqual([true, true, true, true]);
  });
});
