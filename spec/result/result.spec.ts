import { config, EMPTY, from, NEVER, of, Subject, throwError, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  AsyncScope,
  CancelledError,
  DelayedResult,
  ResultUnavailableError,
  sleep,
  tamed,
} from '../../src/index.ts';
import { unhandledRejections } from '../support/runtime.ts';

const failure = new Error('Oh no!');

/** What reading the value throws. */
function unavailable(result: DelayedResult<unknown>): [string, unknown] {
  try {
    return ['', result.value];
  } catch (error) {
    const { message, cause } = error as ResultUnavailableError;
    return [error instanceof ResultUnavailableError ? message : 'another error', cause];
  }
}

describe('A result', () => {
  let scope: AsyncScope;

  beforeEach(() => {
    scope = new AsyncScope({ errorMode: 'continue' });
  });

  describe('of a child that runs', () => {
    it('is pending, and has no value yet, whatever was emitted', () => {
      const result = scope.start(new Subject<number>());
      const emitted = scope.start(from([1]));

      expect([result.status, emitted.status]).toEqual(['pending', 'succeeded']);
      expect(unavailable(result)).toEqual(['Result is not yet available.', undefined]);
      scope.cancel();
    });

    it('is not awaited until somebody asks; looking at it is not asking', () => {
      const result = scope.start(of(1));

      const looked = [result.value, result.status, result.awaited];
      result.subscribe();

      expect([looked, result.awaited]).toEqual([[1, 'succeeded', false], true]);
    });
  });

  describe('of a child that succeeded', () => {
    it('has the last value', async () => {
      const result = scope.start(of(1, 2));

      expect([result.status, result.value, await result]).toEqual(['succeeded', 2, 2]);
    });

    it('replays the last value and the end', () => {
      const result = scope.start(of(1, 2));
      const seen: unknown[] = [];

      result.subscribe({ next: (value) => seen.push(value), complete: () => seen.push('end') });

      expect(seen).toEqual([2, 'end']);
    });

    it('says so when there was no value, and rejects with EmptyError', async () => {
      const result = scope.start(EMPTY);

      await expectAsync(result.then()).toBeRejectedWith(jasmine.objectContaining({ name: 'EmptyError' }));
      expect(unavailable(result)).toEqual(['Completed without a value.', undefined]);
    });
  });

  describe('of a child that failed', () => {
    it('has the failure as the cause of what its value throws', async () => {
      const result = scope.start(throwError(() => failure));

      expect([result.status, unavailable(result)]).toEqual([
        'failed',
        ['Failed to compute result.', failure],
      ]);
      await expectAsync(result.then()).toBeRejectedWith(failure);
      await scope.close();
    });

    it('never becomes an unhandled rejection: its scope raises it', async () => {
      const rejections = await unhandledRejections(async () => {
        scope.start(throwError(() => failure));
        await expectAsync(scope.close().then()).toBeRejectedWith(
          jasmine.objectContaining({ errors: [failure] }),
        );
      });

      expect(rejections).toEqual([]);
    });
  });

  describe('of a child that was cancelled', () => {
    it('is cancelled at once, with the reason as the cause', async () => {
      const result = scope.start(NEVER);

      scope.cancel('why');
      const [message, cause] = unavailable(result);

      expect([result.status, message]).toEqual(['cancelled', 'Execution was cancelled.']);
      expect(cause).toBeInstanceOf(CancelledError);
      expect((cause as CancelledError).cause).toBe('why');
      await expectAsync(result.then()).toBeRejectedWith(cause);
    });

    it('completes for a subscriber, as takeUntil() does', () => {
      new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run((helpers) => {
        const { cold, expectObservable } = helpers;
        const source = '  --a--b--c--|';
        const expected = '--a--b-|    ';
        const result = scope.start(cold(source));
        timer(7).subscribe(() => scope.cancel());

        expectObservable(result).toBe(expected);
      });
    });

    it('fails a call made of it, and a child started of it, with CancelledError', async () => {
      const other = new AsyncScope({ errorMode: 'continue' });
      const result = scope.start(NEVER);
      const child = other.start(result);

      scope.cancel();

      await expectAsync(child.then()).toBeRejectedWithError(CancelledError);
      await expectAsync(tamed.from(result).then()).toBeRejectedWithError(CancelledError);
      expect(child.status).toBe('failed');
      await other.close();
    });
  });

  describe('that is waited for', () => {
    it('is passed around between children', async () => {
      const request = scope.start(tamed(async () => (await sleep(1), 'raw'))());
      const shout = tamed(function* (raw: DelayedResult<string>) {
        return (yield* raw).toUpperCase();
      });

      expect(await scope.start(shout(request))).toBe('RAW');
    });

    it('is looped over, value by value', async () => {
      const source = new Subject<number>();
      const result = scope.start(source);
      const seen: number[] = [];
      const loop = (async () => {
        for await (const value of result) {
          seen.push(value);
        }
      })();

      [1, 2].forEach((value) => source.next(value));
      source.complete();
      await loop;

      expect(seen).toEqual([1, 2]);
    });

    it('tells a failure that comes while a loop is busy to its next turn', async () => {
      const source = new Subject<number>();
      const result = scope.start(source);
      const iterator = result[Symbol.asyncIterator]();
      const first = iterator.next();
      source.next(1);
      source.error(failure);

      expect((await first).value).toBe(1);
      await expectAsync(iterator.next()).toBeRejectedWith(failure);
      await scope.close();
    });

    it('leaves to its scope a failure that came while a loop was busy, if that is left', async () => {
      const source = new Subject<number>();
      const iterator = scope.start(source)[Symbol.asyncIterator]();
      const first = iterator.next();
      source.next(1);
      source.error(failure);

      await first;
      await iterator.return?.();

      await expectAsync(scope.close().then()).toBeRejectedWith(
        jasmine.objectContaining({ errors: [failure] }),
      );
    });

    it('reports a failure through RxJS to a subscriber that has no handler', async () => {
      const reported: unknown[] = [];
      const before = config.onUnhandledError;
      config.onUnhandledError = (error: unknown) => void reported.push(error);
      scope.start(throwError(() => failure)).subscribe();

      await scope.close();
      await new Promise((resolve) => setTimeout(resolve, 1));
      config.onUnhandledError = before;

      expect(reported).toEqual([failure]);
    });

    it('shows only its Observable face where that is asked for', async () => {
      const result = scope.start(of(1));

      expect('then' in result.asObservable()).toBeFalse();
      expect(result).toBeInstanceOf(DelayedResult);
      expect(await Promise.all([result, result.finally(() => undefined)])).toEqual([1, 1]);
    });
  });
});
