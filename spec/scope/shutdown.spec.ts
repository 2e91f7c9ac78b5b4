import { NEVER } from 'rxjs';

import type { AwaitError, DelayedResult, ScopeError } from '../../src/index.ts';
import { AsyncScope, CancelledError, sleep, tamed, within } from '../../src/index.ts';
import { runMarbles, runMarblesAsync } from '../../src/testing/index.ts';
import { errorOf, record, thrownBy } from '../support/outcome.ts';
import { failing, failure, raise } from './failure.ts';

const careful = tamed(function* careful(ms: number) {
  try {
    yield* sleep(ms);
  } finally {
    yield* sleep(2);
  }
  return 'done';
});

describe('Shutting a scope down', () => {
  it('lets what runs finish, and drops the queue', () => {
    runMarbles(({ scope, expectScope }) => {
      const own = scope({ concurrency: 1 });
      own.start(careful(3));
      own.start(careful(3));
      own.shutdown();

      expectScope(own).toBe(
        `
        careful  ^----(a|)
        careful  (:!)
        scope    -----|
      `,
        { a: 'done' },
      );
    });
  });

  it('cancels what runs after so many ms, and waits for the cleanup', async () => {
    await runMarblesAsync(async () => {
      const scope = new AsyncScope({ name: 'server' });
      const result = scope.start(careful(Infinity));

      await expectAsync(scope.shutdown({ timeout: 10 })).toBeResolvedTo(undefined);

      const { cause } = (await errorOf(result)) as CancelledError;
      expect((cause as Error).name).toBe('TimeoutError');
      expect((cause as Error).message).toBe(
        'The scope "server" has not finished within the 10 ms of its shutdown.',
      );
      expect(scope.cancelled).toBeTrue();
    });
  });

  it('cancels nothing of what is over in time, and leaves no timer', async () => {
    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      const result = scope.start(sleep(5));

      await scope.shutdown({ timeout: 10 });

      expect(result.status).toBe('succeeded');
      expect(scope.cancelled).toBeFalse();
    });
  });

  it('refuses what comes later, quietly, also when it has closed', async () => {
    const scope = new AsyncScope();
    const early: DelayedResult<unknown>[] = [];
    scope.start(
      tamed(function* () {
        yield* sleep(0);
        early.push(scope.start(tamed(raise)()));
      })(),
    );

    const closing = scope.shutdown();
    early.push(scope.start(tamed(raise)(), { service: true }));
    await closing;
    const late = scope.start(tamed(raise)());

    expect([...early, late].map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(await errorOf(late)).toBeInstanceOf(CancelledError);
    expect(record(NEVER.pipe(within(scope)))).toEqual(['complete']);
    expect(new AsyncScope({ parent: scope }).cancelled).toBeTrue();
  });

  it('lets a call that runs finish what it has in scopes of its own', async () => {
    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      const done: number[] = [];
      const job = tamed(function* (id: number) {
        yield* sleep(id);
        done.push(id);
      });
      const handler = tamed(async () => {
        await sleep(1);
        const own = new AsyncScope(); // It forgets to close it.
        own.start(job(1));
      });
      const nested = new AsyncScope({ parent: scope });
      scope.start(handler());
      nested.start(job(5));

      const closing = scope.shutdown();
      nested.start(job(6));
      await closing;

      expect(done).toEqual([1, 5, 6]);
    });
  });

  it('is done from inside a child, which may finish', async () => {
    await runMarblesAsync(async () => {
      const scope = new AsyncScope({ concurrency: 1 });
      const stops = tamed(function* () {
        scope.shutdown();
        yield* sleep(1);
        return 'done';
      });
      const result = scope.start(stops());
      const dropped = scope.start(sleep(1));

      await scope.close();

      expect(result.value).toBe('done');
      expect(dropped.status).toBe('cancelled');
    });
  });

  it('is done from inside one who hears that the queue is dropped', async () => {
    const scope = new AsyncScope({ concurrency: 1 });
    scope.start(sleep(1));
    const dropped = scope.start(tamed(raise)());
    const heard: string[] = [];
    dropped.subscribe({
      complete: () => {
        heard.push(scope.start(tamed(raise)()).status);
        scope.shutdown();
      },
    });

    await scope.shutdown();

    expect(heard).toEqual(['cancelled']);
  });

  it('lets what runs finish, whatever the exit mode', async () => {
    for (const exitMode of ['wait', 'cancel', 'raise'] as const) {
      const scope = new AsyncScope({ exitMode });
      const result = scope.start(tamed(() => sleep(1).then(() => 1))());
      const waits = result.then();

      await scope.shutdown();
      await scope.close();

      await expectAsync(waits).withContext(exitMode).toBeResolvedTo(1);
    }
  });

  it('names the results that nobody awaited, where the exit mode says so', async () => {
    const scope = new AsyncScope({ exitMode: 'raise' });
    scope.start(tamed('forgotten', () => sleep(1))());

    const { message } = (await errorOf(scope.shutdown())) as AwaitError;

    expect(message).toContain('1 result was not awaited: forgotten');
  });

  it('raises what fails meanwhile, and that cancels the others', async () => {
    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      scope.start(failing(2));
      const other = scope.start(sleep(100));

      const { errors } = (await errorOf(scope.shutdown({ timeout: 10 }))) as ScopeError;

      expect(errors).toEqual([failure]);
      expect(other.status).toBe('cancelled');
    });
  });

  it('ends services when the others have finished', async () => {
    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      const service = scope.start(NEVER, { service: true });
      const other = scope.start(careful(5));

      await scope.shutdown({ timeout: 100 });

      expect([other.status, service.status]).toEqual(['succeeded', 'cancelled']);
      expect(scope.cancelled).toBeFalse();
    });
  });

  it('gives the result of close(), before and after', async () => {
    const scope = new AsyncScope();

    const closing = scope.close();

    expect(scope.shutdown()).toBe(closing);
    expect(scope.shutdown({ timeout: 5 })).toBe(closing);
    expect(scope.close()).toBe(closing);
    await closing;
    expect(scope.shutdown()).toBe(closing);
    expect(scope.cancelled).toBeFalse();
  });

  it('drops the queue of a scope that closes already', async () => {
    const scope = new AsyncScope({ concurrency: 1 });
    scope.start(sleep(1));
    const queued = scope.start(tamed(raise)());
    const closing = scope.close();

    scope.shutdown();

    expect(queued.status).toBe('cancelled');
    await closing;
  });

  it('has the time that the last, or the most impatient, says', async () => {
    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      const result = scope.start(sleep(Infinity));
      const began = performance.now();

      scope.shutdown({ timeout: 1000 });
      scope.shutdown({ timeout: 10 });
      scope.shutdown({ timeout: Infinity });
      await scope.close();

      expect(result.status).toBe('cancelled');
      expect(performance.now() - began).toBeLessThan(60_000);
    });
  });

  it('changes nothing in a scope that is cancelled', async () => {
    const scope = new AsyncScope();
    scope.cancel('before');

    await scope.shutdown();

    expect(((await errorOf(scope.start(sleep(0)))) as CancelledError).cause).toBe('before');
  });

  it('blocks, where that is possible', () => {
    const scope = new AsyncScope();

    scope.shutdown().block();

    expect(scope.closed).toBeTrue();
  });

  it('is refused where the options are wrong', () => {
    const scope = new AsyncScope();
    const messages = [5, { timeout: -1 }, { after: 1 }].map(
      (options) => thrownBy(() => scope.shutdown(options as never)).message,
    );

    expect(messages).toEqual([
      jasmine.stringContaining('AsyncScope.shutdown() takes an object of options, but got 5'),
      jasmine.stringContaining('The option "timeout" is a time in ms'),
      jasmine.stringContaining('AsyncScope.shutdown() has no option "after"'),
    ]);
    expect(scope.closed).toBeFalse();
  });
});
