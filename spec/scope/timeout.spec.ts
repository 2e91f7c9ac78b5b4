import {
  asyncScheduler,
  catchError,
  finalize,
  NEVER,
  of,
  type OperatorFunction,
  throwError,
  TimeoutError,
  timer,
} from 'rxjs';

import {
  AsyncScope,
  CancelledError,
  cleanup,
  type DelayedResult,
  ScopeError,
  sleep,
} from '../../src/index.ts';
import { errorOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';
import { failure } from './failure.ts';
import { patient } from './patient.ts';

function nameOfError(): OperatorFunction<void, unknown> {
  return catchError((error: Error) => of(error.name));
}

describe('The timeout of a scope', () => {
  it('cancels it after so many ms', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });

      expectObservable(scope.start(timer(2, 3))).toBe('--a-|', { a: 0 });
      scope.close().catch(() => undefined);
    });
  });

  it('lets close raise the TimeoutError of RxJS, if it cut off a child', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });
      scope.start(sleep(Infinity));

      expectObservable(scope.close().pipe(nameOfError())).toBe('----(a|)', { a: 'TimeoutError' });
    });
  });

  it('lets close raise an error that RxJS readers know by its class', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    scope.start(sleep(Infinity));

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('says in that error whose time it was, and how much, also at the head of its stack', async () => {
    const scope = new AsyncScope({ name: 'page', timeout: 1 });
    scope.start(sleep(Infinity));

    const raised = scope.close().then(fail, (error: unknown) => error);
    const { message, stack } = (await raised) as Error;

    expect(message).toBe('The scope "page" has run out of time: its "timeout" is 1 ms.');
    expect(stack).toContain(`TimeoutError: ${message}`);
  });

  it('lets close raise it, if it cut off a child in the queue', async () => {
    const scope = new AsyncScope({ timeout: 1, concurrency: 1 });
    scope.start(sleep(Infinity));
    const queued = scope.start(of(1));

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
    expect(queued.status).toBe('cancelled');
  });

  it('lets close raise it, if it cut off the body of a run nested in it', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    const run = AsyncScope.run(() => sleep(Infinity), { parent: scope });
    run.subscribe({ error: () => undefined });

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('lets close raise it, if it cut off a child of a nested scope', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    const nested = new AsyncScope({ parent: scope });
    nested.start(sleep(Infinity));

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('gives it to those who wait for a child, as the cause of their CancelledError', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    const result = scope.start(sleep(Infinity));

    const error = (await errorOf(result)) as CancelledError;

    expect(error).toBeInstanceOf(CancelledError);
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(await errorOf(scope.close())).toBe(error.cause);
  });

  it('raises nothing, if it cut off nothing', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    scope.start(of('value'));
    await sleep(5);

    expect(scope.cancelled).toBeTrue();
    await expectAsync(scope.close()).toBeResolvedTo(undefined);
  });

  it('raises nothing, if the scope has closed before', async () => {
    const scope = new AsyncScope({ timeout: 20 });
    scope.start(sleep(1));

    await expectAsync(scope.close()).toBeResolvedTo(undefined);
    expect(scope.cancelled).toBeFalse();
  });

  it('raises nothing, if what it found had ended and only cleaned up', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });
      const result = scope.start(timer(2).pipe(finalize(() => cleanup(sleep(5)))));

      expectObservable(result).toBe('--(a|)', { a: 0 });
      expectObservable(scope.close()).toBe('-------(a|)', { a: undefined });
    });
  });

  it('raises nothing, if what it found in a nested scope had ended and only cleaned up', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });
      new AsyncScope({ parent: scope }).start(timer(2).pipe(finalize(() => cleanup(sleep(5)))));

      expectObservable(scope.close()).toBe('-------(a|)', { a: undefined });
    });
  });

  it('raises nothing, if the scope had been cancelled before', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 4 });
      scope.start(patient(10));

      timer(2).subscribe(() => scope.cancel());

      expectObservable(scope.close()).toBe('------------(a|)', { a: undefined });
    });
  });

  it('is the cause of the ScopeError, where there are failures beside it', async () => {
    const scope = new AsyncScope({ timeout: 3, errorMode: 'continue' });
    scope.start(throwError(() => failure));
    scope.start(sleep(Infinity));

    const error = (await errorOf(scope.close())) as ScopeError;

    expect(error).toBeInstanceOf(ScopeError);
    expect(error.errors).toEqual([failure]);
    expect(error.cause).toBeInstanceOf(TimeoutError);
  });

  it('is the cause of the ScopeError, where a cleanup fails that it caused', async () => {
    const scope = new AsyncScope({ timeout: 1 });
    scope.start(NEVER.pipe(finalize(() => cleanup(throwError(() => failure)))));

    const error = (await errorOf(scope.close())) as ScopeError;

    expect(error.errors).toEqual([failure]);
    expect(error.cause).toBeInstanceOf(TimeoutError);
  });

  it('goes before an AwaitError', async () => {
    const scope = new AsyncScope({ timeout: 1, exitMode: 'raise' });
    scope.start(sleep(Infinity));
    await sleep(5);

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('waits for the cleanup of what it cut off', () => {
    onVirtualTime(({ expectObservable }) => {
      const scope = new AsyncScope({ timeout: 2 });
      scope.start(patient(5));

      expectObservable(scope.close().pipe(nameOfError())).toBe('-------(a|)', { a: 'TimeoutError' });
    });
  });

  it('counts from the making of the scope', () => {
    onVirtualTime(({ flush }) => {
      const scope = new AsyncScope({ timeout: 4 });
      const seen: DelayedResult<void>[] = [];

      timer(3).subscribe(() => seen.push(scope.start(sleep(3))));
      flush();

      expect(seen[0]!.status).toBe('cancelled');
      scope.close().catch(() => undefined);
    });
  });

  it('may be 0', async () => {
    const scope = new AsyncScope({ timeout: 0 });
    scope.start(sleep(Infinity));

    await expectAsync(scope.close()).toBeRejectedWithError(TimeoutError);
  });

  it('leaves nothing on the clock at the end', () => {
    onVirtualTime(({ flush }) => {
      const closed = new AsyncScope({ timeout: 1000 });
      const cancelled = new AsyncScope({ timeout: 1000 });
      closed.close();
      cancelled.cancel();

      flush();

      expect(asyncScheduler.now()).toBe(0);
    });
  });
});
