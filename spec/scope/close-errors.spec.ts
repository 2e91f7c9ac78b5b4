import { finalize, NEVER, Observable, of, timer } from 'rxjs';

import { AsyncScope, AwaitError, ScopeError, sleep, tamed } from '../../src/index.ts';
import { unhandledRejections } from '../support/runtime.ts';
import { unhandledErrors } from '../support/unhandled.ts';
import { macrotasks } from '../support/macrotasks.ts';
import { errorOf } from '../support/outcome.ts';
import { failingWith, raising } from './failure.ts';

describe('Closing a scope raises', () => {
  it('one ScopeError for one failure', async () => {
    const scope = new AsyncScope();
    const failure = new Error('Oh no!');
    scope.start(failingWith(failure));

    const error = (await errorOf(scope.close())) as ScopeError;

    expect(error).toBeInstanceOf(ScopeError);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.name).toBe('ScopeError');
    expect(error.message).toMatch(/^1 async function failed/);
    expect(error.errors).toEqual([failure]);
  });

  it('one ScopeError for several, in the order in which they reached it', async () => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    scope.start(failingWith('late', 4));
    scope.start(failingWith('early', 1));

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
    scope.start(failingWith(failure, 1));

    expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure, inCleanup]);
  });

  it('what is no Error as it is', async () => {
    const scope = new AsyncScope();
    scope.start(failingWith(undefined));

    expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([undefined]);
  });

  it('the same error to everybody', async () => {
    const scope = new AsyncScope();
    scope.start(failingWith('Oh no!'));

    const first = await errorOf(scope.close());

    expect(await errorOf(scope.close())).toBe(first);
  });

  it('nothing that has no cause to be raised', async () => {
    const scope = new AsyncScope();
    scope.start(failingWith('Oh no!'));

    expect(Object.hasOwn((await errorOf(scope.close())) as object, 'cause')).toBeFalse();
  });
});

describe('Closing a scope that fails', () => {
  const unhandled = unhandledErrors();

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
    scope.start(failingWith('Oh no!', 1));

    scope
      .close()
      .subscribe({ error: () => undefined })
      .unsubscribe();
    await macrotasks();

    expect(unhandled).toEqual([jasmine.any(ScopeError)]);
  });

  it('rejects for somebody who comes after the report', async () => {
    const scope = new AsyncScope();
    scope.start(failingWith('Oh no!'));
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
