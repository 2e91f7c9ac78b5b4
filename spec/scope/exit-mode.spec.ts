import { finalize, NEVER, of, takeUntil } from 'rxjs';

import type { CancelledError } from '../../src/index.ts';
import {
  AsyncScope,
  AwaitError,
  cleanup,
  type DelayedResult,
  ScopeError,
  sleep,
  tamed,
} from '../../src/index.ts';
import { macrotasks } from '../support/macrotasks.ts';
import { errorOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';
import { raising } from './failure.ts';

describe('Closing a scope in exit mode "wait"', () => {
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

describe('Closing a scope in exit mode "cancel"', () => {
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

describe('Closing a scope in exit mode "raise"', () => {
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

    expect(message).toMatch(/startIt \(.*exit-mode\.spec\.ts:\d+:\d+\)/);
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
