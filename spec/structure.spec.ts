import { config, interval, Observable, of, race, retry, Subject, switchMap, take, timer } from 'rxjs';

import {
  abortSignal,
  AsyncScope,
  CancelledError,
  cleanup,
  DelayedResult,
  sleep,
  tamed,
  type ScopeError,
} from '../src/index.ts';

const never = new Promise<never>(() => undefined);

/** Waits until it is cancelled, and says when it has cleaned up. */
const patient = tamed(function* patient(log: string[], name: string, ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
    log.push(name);
  }
});

const failing = tamed(function* failing(message: string) {
  yield* sleep(1);
  throw new Error(message);
});

function messages(error: unknown): string[] {
  return ((error as ScopeError).errors as Error[]).map(({ message }) => message);
}

async function raisedBy(work: PromiseLike<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('The structure of lifetimes', () => {
  describe('when a scope is cancelled by what runs in it', () => {
    it('waits for the cleanup of a generator that cancels in its first segment', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const suicidal = tamed(function* () {
        try {
          scope.cancel();
          yield* sleep(Infinity);
        } finally {
          yield* sleep(2);
          log.push('cleaned up');
        }
      });

      scope.start(suicidal());
      await scope.close();

      expect(log).toEqual(['cleaned up']);
    });

    it('waits for it also under operators, before RxJS has the teardown', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const suicidal = tamed(function* () {
        try {
          scope.cancel();
          yield* sleep(Infinity);
        } finally {
          yield* sleep(2);
          log.push('cleaned up');
        }
      });
      const custom = new Observable<void>((subscriber) => suicidal().subscribe(subscriber));

      scope.start(custom.pipe(retry(2)));
      await scope.close();

      expect(log).toEqual(['cleaned up']);
    });

    it('waits for an asynchronous function that goes on at a foreign promise', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const suicidal = tamed(async () => {
        await sleep(1);
        scope.cancel();
        await new Promise((resolve) => setTimeout(resolve, 5));
        log.push('went on');
      });

      scope.start(suicidal());
      await scope.close();

      expect(log).toEqual(['went on']);
    });

    it('lets a function go that only left a timer which cancels', async () => {
      const scope = new AsyncScope();
      const types: string[] = [];
      scope.events$.subscribe(({ type }) => types.push(type));
      const absent = tamed(async () => {
        setTimeout(() => scope.cancel(), 2);
        await never;
      });

      scope.start(absent());
      await scope.close();

      expect(types).toEqual(['start', 'cancel', 'abandon', 'cleanup']);
    });
  });

  describe('of an asynchronous function', () => {
    it('gives it the next interruption, if a result has settled in the same tick', async () => {
      const log: unknown[] = [];
      const scope = new AsyncScope();
      const source = new Subject<number>();
      const result = scope.start(source);
      const reader = tamed(async () => {
        log.push(await result);
        try {
          await sleep(1000);
        } catch (error) {
          log.push(error instanceof CancelledError);
        }
      });

      scope.start(reader());
      await sleep(1);
      source.next(1);
      source.complete();
      scope.cancel();
      await scope.close();

      expect(log).toEqual([1, true]);
    });

    it('is told once, and may await in its finally', async () => {
      const log: string[] = [];
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const loop = tamed(async () => {
        try {
          for (;;) {
            await sleep(1000);
          }
        } finally {
          await sleep(2);
          log.push('cleaned up');
        }
      });

      scope.start(loop());
      await scope.close();

      expect(log).toEqual(['cleaned up']);
    });

    it('ends what lost a race, and waits for its cleanup', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const racing = tamed(async () => {
        await Promise.race([patient(log, 'loser', 2), sleep(1)]);
        log.push('won');
      });

      scope.start(racing());
      await scope.close();

      expect(log).toEqual(['won', 'loser']);
    });

    it('tells it at its next tamed await after it was let go', async () => {
      const log: unknown[] = [];
      const gate = withResolvers();
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const absent = tamed(async () => {
        await gate.promise;
        await sleep(1).catch((error: unknown) => log.push(error instanceof CancelledError));
      });

      scope.start(absent());
      await scope.close();
      gate.resolve(undefined);
      await sleep(2);

      expect(log).toEqual([true]);
    });

    it('raises what a call torn down under it throws', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const messy = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          throw new Error('messy');
        }
      });
      const caller = tamed(async () => {
        await messy();
      });

      scope.start(caller());
      await sleep(1);
      const raised = await raisedBy(scope.close());

      expect(messages(raised)).toEqual(['messy']);
    });
  });

  describe('when a call is torn down by an operator', () => {
    it('is waited for where take(1) completes before it tears down', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const rows = tamed(async function* () {
        try {
          yield 1;
          yield 2;
        } finally {
          await sleep(3);
          log.push('closed');
        }
      });

      const result = scope.start(rows().pipe(take(1)));
      await scope.close();

      expect([...log, result.value]).toEqual(['closed', 1]);
    });

    it('is waited for after race()', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();

      scope.start(race(patient(log, 'loser', 3), timer(1)));
      await scope.close();

      expect(log).toEqual(['loser']);
    });

    it('is waited for where switchMap() subscribed it from a timer', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();

      scope.start(
        interval(2).pipe(
          take(2),
          switchMap((n) => (n === 0 ? patient(log, 'first', 5) : of(n))),
        ),
      );
      await scope.close();

      expect(log).toEqual(['first']);
    });

    it('waits for work given to cleanup() at the normal end of an inner source', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const work = tamed(function* () {
        yield* sleep(3);
        log.push('work');
      });
      const inner = new Observable<number>((subscriber) => {
        const ended = setTimeout(() => subscriber.complete(), 1);
        return () => {
          clearTimeout(ended);
          cleanup(work());
        };
      });

      scope.start(of(1).pipe(switchMap(() => inner)));
      await scope.close();

      expect(log).toEqual(['work']);
    });

    it('raises what a resubscribed call throws while it is cleaned up', async () => {
      let attempts = 0;
      const scope = new AsyncScope();
      const flaky = tamed(function* () {
        attempts++;
        if (attempts === 1) {
          throw new Error('first attempt');
        }
        try {
          yield* sleep(Infinity);
        } finally {
          throw new Error('second attempt');
        }
      });

      scope.start(flaky().pipe(retry({ delay: 1 })));
      await sleep(4);
      scope.cancel();
      const raised = await raisedBy(scope.close());

      expect(messages(raised)).toEqual(['second attempt']);
    });
  });

  describe('where several things fail', () => {
    it('raises both errors of one unwinding', async () => {
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const inner = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          throw new Error('inner');
        }
      });
      const outer = tamed(function* () {
        try {
          yield* inner();
        } finally {
          throw new Error('outer');
        }
      });

      scope.start(outer());
      const raised = await raisedBy(scope.close());

      expect(messages(raised)).toEqual(['inner', 'outer']);
    });

    it('raises what a teardown throws after a synchronous end', async () => {
      const scope = new AsyncScope();
      const source = new Observable<number>((subscriber) => {
        subscriber.next(1);
        subscriber.complete();
        return () => {
          throw new Error('teardown');
        };
      });

      scope.start(source);
      const raised = await raisedBy(scope.close());

      expect(messages(raised)).toEqual(['teardown']);
    });

    it('starts no queued child between a failure and the cancel it causes', async () => {
      const started: string[] = [];
      const scope = new AsyncScope({ concurrency: 1 });
      const next = tamed(function* () {
        started.push('next');
        yield* sleep(1);
      });

      scope.start(failing('first'));
      const queued = scope.start(next());
      await raisedBy(scope.close());

      expect([started, queued.status]).toEqual([[], 'cancelled']);
    });

    it('reports what no scope waits for', async () => {
      const reported: unknown[] = [];
      const before = config.onUnhandledError;
      config.onUnhandledError = (error: unknown) => void reported.push(error);
      const messy = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          throw new Error('messy');
        }
      });

      messy().subscribe().unsubscribe();
      await sleep(3);
      config.onUnhandledError = before;

      expect(reported).toEqual([new Error('messy')]);
    });
  });

  describe('where the current call matters', () => {
    it('aborts the signal of a cancelled call, and not of one that has ended', async () => {
      const signals: AbortSignal[] = [];
      const scope = new AsyncScope();
      const take = tamed(function* (ms: number) {
        signals.push(abortSignal());
        yield* sleep(ms);
      });

      scope.start(take(1));
      scope.start(take(Infinity));
      await sleep(3);
      scope.cancel();
      await scope.close();

      expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    });

    it('knows no call in what the library calls back', async () => {
      const makers: boolean[] = [];
      const outer = new AsyncScope();
      const caller = tamed(async () => {
        await sleep(1);
        const inner = new AsyncScope();
        inner.start(tamed(async () => 1)()).subscribe(() => makers.push(isKnown()));
        await inner.close();
      });

      outer.start(caller()).subscribe({ complete: () => makers.push(isKnown()) });
      await outer.close();

      expect(makers).toEqual([true, false]);
    });
  });

  it('is deep at no cost of the stack', async () => {
    const nest: (depth: number) => ReturnType<typeof sleep> = tamed(function* (depth: number) {
      try {
        yield* depth === 0 ? sleep(Infinity) : nest(depth - 1);
      } finally {
        yield* tamed.from(Promise.resolve());
      }
    });
    const scope = new AsyncScope({ exitMode: 'cancel' });

    const result = scope.start(nest(10_000));
    await scope.close();

    expect([result instanceof DelayedResult, result.status, scope.size]).toEqual([true, 'cancelled', 0]);
  });
});

function isKnown(): boolean {
  try {
    abortSignal();
    return true;
  } catch {
    return false;
  }
}

function withResolvers(): { promise: Promise<undefined>; resolve: (value: undefined) => void } {
  let resolve: (value: undefined) => void = () => undefined;
  const promise = new Promise<undefined>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
