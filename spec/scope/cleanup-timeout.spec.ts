import { asyncScheduler, config, finalize, map, NEVER, take, throwError, timer } from 'rxjs';

import type { ScopeError } from '../../src/index.ts';
import { AsyncScope, cleanup, CleanupTimeoutError, sleep } from '../../src/index.ts';
import { macrotasks } from '../support/macrotasks.ts';
import { errorOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';
import { raise, failure } from './failure.ts';
import { patient } from './patient.ts';

describe('The cleanup timeout of a scope', () => {
  it('ends the wait for who still cleans up', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 4 });
      const closed: number[] = [];
      scope.start(patient(10));

      scope.close().subscribe({ error: () => closed.push(asyncScheduler.now()) });
      flush();

      expect(closed).toEqual([4]);
    });
  });

  it('names who still cleans up, in one of the errors', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 4 });
      const raised: ScopeError[] = [];
      scope.start(patient(10));
      scope.start(patient(2));
      scope.start(patient(10));

      scope.close().subscribe({ error: (error: ScopeError) => raised.push(error) });
      flush();

      const errors = raised.flatMap((error) => error.errors as CleanupTimeoutError[]);
      expect(errors).toEqual([jasmine.any(CleanupTimeoutError)]);
      expect(errors[0]!.message).toContain('patient (#1), patient (#3)');
      expect(errors[0]!.children).toEqual(['patient (#1)', 'patient (#3)']);
    });
  });

  it('raises nothing, if the cleanup ends in time', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 4 });
      scope.start(patient(3));

      expectObservable(scope.close()).toBe('---(a|)', { a: undefined });
    });
  });

  for (const [how, hour] of [
    ['back', -3_600_000],
    ['forward', 3_600_000],
  ] as const) {
    it(`is as long for each child as ever, where the clock is set ${how} meanwhile`, () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope({ cleanupTimeout: 4 });
        const now = asyncScheduler.now.bind(asyncScheduler);
        const sizes: string[] = [];
        for (const ms of [1, 2, 3]) {
          const abort = new AbortController();
          scope.start(patient(10), { signal: abort.signal });
          timer(ms).subscribe(() => abort.abort());
        }
        timer(2).subscribe(() => spyOn(asyncScheduler, 'now').and.callFake(() => now() + hour));
        timer(4, 1)
          .pipe(take(4))
          .subscribe(() => sizes.push(`${now()}: ${scope.size}`));

        flush();

        expect(sizes).toEqual(['4: 3', '5: 2', '6: 1', '7: 0']);
        scope.close().catch(() => undefined);
      });
    });
  }

  it('counts from the cancel', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ cleanupTimeout: 4 });
      scope.start(patient(3));

      timer(5).subscribe(() => scope.cancel());

      expectObservable(scope.close()).toBe('--------(a|)', { a: undefined });
    });
  });

  it('does not hurry a child that runs', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ cleanupTimeout: 2 });
      scope.start(sleep(6));

      expectObservable(scope.close()).toBe('------(a|)', { a: undefined });
    });
  });

  it('holds though nobody closes the scope', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ cleanupTimeout: 4 });
      const sizes: number[] = [];
      scope.start(patient(10));

      scope.cancel();
      timer(3, 2)
        .pipe(take(2))
        .subscribe(() => sizes.push(scope.size));
      flush();

      expect(sizes).toEqual([1, 0]);
      scope.close().catch(() => undefined);
    });
  });

  it('lets the cleanup go on, and reports what it throws after the close', async () => {
    const { onUnhandledError } = config;
    const unhandled: unknown[] = [];
    config.onUnhandledError = (error) => unhandled.push(error);
    const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 1 });
    scope.start(NEVER.pipe(finalize(() => cleanup(timer(10).pipe(map(() => raise()))))));

    const { errors } = (await errorOf(scope.close())) as ScopeError;
    await sleep(15);
    await macrotasks();
    config.onUnhandledError = onUnhandledError;

    expect(errors.length).toBe(1);
    expect(unhandled).toEqual([failure]);
  });

  it('stands beside the other failures', async () => {
    const scope = new AsyncScope({ cleanupTimeout: 2 });
    scope.start(patient(30));
    scope.start(throwError(() => failure));

    const { errors } = (await errorOf(scope.close())) as ScopeError;

    expect(errors).toEqual([failure, jasmine.any(CleanupTimeoutError)]);
  });

  it('leaves nothing on the clock at the end', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ exitMode: 'cancel', cleanupTimeout: 1000 });
      scope.start(patient(3));

      scope.close();
      flush();

      expect(asyncScheduler.now()).toBe(3);
    });
  });
});
