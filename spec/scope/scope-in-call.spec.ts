import { finalize, firstValueFrom, map, NEVER, Observable, Subject, throwError, timer } from 'rxjs';

import {
  type CancelledError,
  type DelayedResult,
  AsyncScope,
  cleanup,
  ScopeClosedError,
  ScopeError,
  sleep,
  tamed,
} from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';
import { unhandledErrors } from '../support/unhandled.ts';
import { macrotasks } from '../support/macrotasks.ts';
import { errorOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';
import { failure, faulty, raise } from './failure.ts';

/** Cleans up for so many ms when it is cancelled, and notes when it has. */
const patient = tamed(function* patient(log: string[], name: string, ms: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(ms);
    log.push(name);
  }
});

/** A scope whose child fails when it is cancelled. */
function withFaultyCleanup(): AsyncScope {
  const scope = new AsyncScope();
  const faultyCleanup = tamed(function* () {
    try {
      yield* sleep(Infinity);
    } finally {
      raise();
    }
  });
  scope.start(faultyCleanup());
  return scope;
}

describe('A scope made inside a tamed call', () => {
  const unhandled = unhandledErrors();

  describe('that is cancelled', () => {
    it('is cancelled with it, in a generator', () => {
      const results: { status: string }[] = [];
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        results.push(scope.start(sleep(Infinity)));
        yield* sleep(Infinity);
      });
      const subscription = opens().subscribe();

      subscription.unsubscribe();

      expect(results.map(({ status }) => status)).toEqual(['cancelled']);
    });

    it('is cancelled together with the others of the call, of which none is told of the cancel of another', async () => {
      const results: DelayedResult<unknown>[] = [];
      const opens = tamed(function* () {
        const awaited = new AsyncScope().start(NEVER);
        const waits = tamed(async () => void (await awaited));
        const catches = tamed(function* () {
          try {
            yield* awaited;
          } catch {
            yield* sleep(0);
          }
        });
        const scope = new AsyncScope({ errorMode: 'continue' });
        results.push(awaited, scope.start(waits()), scope.start(catches()), scope.start(awaited));
        yield* sleep(Infinity);
      });
      const subscription = opens().subscribe();

      subscription.unsubscribe();
      await macrotasks();

      expect(results.map(({ status }) => status)).toEqual([
        'cancelled',
        'cancelled',
        'cancelled',
        'cancelled',
      ]);
      expect(unhandled).toEqual([]);
    });

    it('is cancelled with it, in an async function before its first await', async () => {
      const outer = new AsyncScope({ exitMode: 'cancel' });
      const scopes: AsyncScope[] = [];
      const opens = tamed(async () => {
        scopes.push(new AsyncScope());
        await sleep(Infinity);
      });
      outer.start(opens());

      await outer.close();

      expect(scopes[0]!.cancelled).toBeTrue();
    });

    onlyWhere.contextIsCarried.it('is cancelled with it, in an async function after an await', async () => {
      const outer = new AsyncScope();
      const scopes: AsyncScope[] = [];
      const opens = tamed(async () => {
        await sleep(1);
        scopes.push(new AsyncScope());
        await sleep(Infinity);
      });
      outer.start(opens());
      await sleep(3);

      outer.cancel();
      await outer.close();

      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true]);
    });

    it('is cancelled with it, where the call returned an Observable', () => {
      const scopes: AsyncScope[] = [];
      const opens = tamed(() => {
        scopes.push(new AsyncScope());
        return NEVER;
      });
      const subscription = opens().subscribe();

      subscription.unsubscribe();

      expect(scopes[0]!.cancelled).toBeTrue();
    });

    it('is cancelled with the call that made it, not with the one called by that', async () => {
      await using outer = new AsyncScope();
      const log: string[] = [];
      const inner = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(NEVER.pipe(finalize(() => log.push('inner scope'))));
        yield* sleep(Infinity);
      });
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        const result = scope.start(sleep(5));
        inner().subscribe().unsubscribe();
        yield* result;
        log.push('own scope goes on');
        yield* scope.close();
      });

      await outer.start(opens());

      expect(log).toEqual(['inner scope', 'own scope goes on']);
    });

    it('gives the reason of the cancel to its children', async () => {
      const outer = new AsyncScope();
      const errors: unknown[] = [];
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(sleep(Infinity)).catch((error: unknown) => errors.push(error));
        yield* sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel('gone');
      await outer.close();

      expect((errors[0] as CancelledError).cause).toBe('gone');
    });

    it('ends after what the call waits for, and before its own code unwinds', async () => {
      const outer = new AsyncScope();
      const log: string[] = [];
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(patient(log, 'scope', 3));
        try {
          yield* patient(log, 'waited for', 1);
        } finally {
          log.push('own code');
        }
      });
      outer.start(opens());

      outer.cancel();
      await outer.close();

      expect(log).toEqual(['waited for', 'scope', 'own code']);
    });

    it('is torn down after what the call waits for', () => {
      const log: string[] = [];
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(NEVER.pipe(finalize(() => log.push('scope'))));
        yield* tamed.from(NEVER.pipe(finalize(() => log.push('waited for'))));
      });
      const subscription = opens().subscribe();

      subscription.unsubscribe();

      expect(log).toEqual(['waited for', 'scope']);
    });

    it('is waited for by the scope of the call', () => {
      onVirtualTime(({ expectObservable }) => {
        const outer = new AsyncScope({ exitMode: 'cancel' });
        const opens = tamed(function* () {
          new AsyncScope().start(patient([], 'scope', 4));
          yield* sleep(Infinity);
        });
        outer.start(opens());

        expectObservable(outer.close()).toBe('----(a|)', { a: undefined });
      });
    });

    it('is waited for by an async function, before that is told', async () => {
      const outer = new AsyncScope({ exitMode: 'cancel' });
      const log: string[] = [];
      const opens = tamed(async () => {
        const scope = new AsyncScope();
        scope.start(patient(log, 'scope', 3));
        try {
          await sleep(Infinity);
        } finally {
          log.push('own code');
        }
      });
      outer.start(opens());

      await outer.close();

      expect(log).toEqual(['scope', 'own code']);
    });

    it('is waited for also where the call is cut off at its close()', async () => {
      const outer = new AsyncScope();
      const log: string[] = [];
      const opens = tamed(async () => {
        const scope = new AsyncScope();
        scope.start(patient(log, 'scope', 3));
        try {
          await scope.close();
        } finally {
          log.push('own code');
        }
      });
      outer.start(opens());
      await sleep(1);

      outer.cancel();
      await outer.close();

      expect(log).toEqual(['scope', 'own code']);
    });

    onlyWhere.contextIsCarried.it(
      'is waited for also where an async function comes to its next tamed await meanwhile',
      async () => {
        const outer = new AsyncScope();
        const log: string[] = [];
        const foreign = new Subject<void>();
        const opens = tamed(async () => {
          const scope = new AsyncScope();
          scope.start(patient(log, 'scope', 3));
          try {
            await firstValueFrom(foreign);
            log.push('still running');
            await sleep(Infinity);
          } finally {
            log.push('own code');
          }
        });
        outer.start(opens());

        outer.cancel();
        foreign.next();
        await outer.close();

        expect(log).toEqual(['still running', 'scope', 'own code']);
      },
    );

    it('hands its failures to the scope of the call, one by one, if they reached nobody', async () => {
      const outer = new AsyncScope();
      const another = new Error('another');
      const opens = tamed(function* () {
        const scope = new AsyncScope({ errorMode: 'continue' });
        scope.start(throwError(() => failure));
        scope.start(throwError(() => another));
        yield* sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel();

      expect(((await errorOf(outer.close())) as ScopeError).errors).toEqual([failure, another]);
      await macrotasks();
      expect(unhandled).toEqual([]);
    });

    it('hands over what its cleanups throw', async () => {
      const outer = new AsyncScope();
      const opens = tamed(function* () {
        new AsyncScope().start(NEVER.pipe(finalize(() => cleanup(throwError(() => failure)))));
        yield* sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel();

      expect(((await errorOf(outer.close())) as ScopeError).errors).toEqual([failure]);
    });

    it('hands over no failure that has reached somebody', async () => {
      const outer = new AsyncScope();
      const opens = tamed(function* () {
        const scope = new AsyncScope({ errorMode: 'continue' });
        scope.start(throwError(() => failure)).catch(() => undefined);
        yield* sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel();

      await expectAsync(outer.close()).toBeResolvedTo(undefined);
    });

    it('hands them over once, though the call closes it while it unwinds', async () => {
      const outer = new AsyncScope();
      const opens = tamed(async () => {
        const scope = new AsyncScope();
        scope.start(throwError(() => failure));
        try {
          await sleep(Infinity);
        } finally {
          await scope.close().catch(() => undefined);
        }
      });
      outer.start(opens());
      await sleep(1);

      outer.cancel();

      await expectAsync(outer.close()).toBeResolvedTo(undefined);
    });

    const closing: Record<string, () => unknown> = {
      *'a generator'() {
        const scope = withFaultyCleanup();
        try {
          yield* scope.close();
        } finally {
          yield* sleep(5);
        }
      },
      async 'an async function'() {
        const scope = withFaultyCleanup();
        try {
          await scope.close();
        } finally {
          await sleep(5);
        }
      },
      async *'an async generator'() {
        const scope = withFaultyCleanup();
        try {
          await scope.close();
          yield;
        } finally {
          await sleep(5);
        }
      },
      'an Observable': () => {
        const scope = withFaultyCleanup();
        return scope.close().pipe(finalize(() => cleanup(sleep(5))));
      },
      'the body of a run': () =>
        AsyncScope.run(function* () {
          const scope = withFaultyCleanup();
          try {
            yield* scope.close();
          } finally {
            yield* sleep(5);
          }
        }),
    };
    for (const [shape, code] of Object.entries(closing)) {
      it(`hands over what it has closed with, however long the cleanup takes, in ${shape}`, async () => {
        const outer = new AsyncScope();
        outer.start(tamed(code)());
        await sleep(1);

        outer.cancel();

        const { errors } = (await errorOf(outer.close())) as ScopeError;
        expect(errors).toEqual([failure]);
        expect(unhandled).toEqual([]);
      });
    }

    it('is not cancelled, if it has closed before', async () => {
      const outer = new AsyncScope();
      let scope!: AsyncScope;
      const opens = tamed(function* () {
        scope = new AsyncScope({ errorMode: 'continue' });
        scope.start(throwError(() => failure));
        scope.close();
        yield* sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel();

      expect(scope.cancelled).toBeFalse();
      expect(() => scope.start(sleep(1))).toThrowError(ScopeClosedError);
      await expectAsync(outer.close()).toBeRejectedWith(jasmine.objectContaining({ errors: [failure] }));
    });

    it('raises by its close what the call may rethrow, as one error', async () => {
      const outer = new AsyncScope();
      const raised: unknown[] = [];
      const opens = tamed(async () => {
        const scope = new AsyncScope();
        scope.start(throwError(() => failure));
        try {
          await sleep(Infinity);
        } finally {
          await scope.close().catch((error: unknown) => {
            raised.push(error);
            throw error;
          });
        }
      });
      outer.start(opens());
      await sleep(1);

      outer.cancel();

      expect(((await errorOf(outer.close())) as ScopeError).errors).toEqual(raised);
      expect(raised).toEqual([jasmine.any(ScopeError)]);
    });

    it('goes to config.onUnhandledError with its failures, where no scope waits', async () => {
      const opens = tamed(function* () {
        const scope = new AsyncScope({ errorMode: 'continue' });
        scope.start(throwError(() => failure));
        yield* sleep(Infinity);
      });

      opens().subscribe().unsubscribe();
      await macrotasks();

      expect(unhandled).toEqual([failure]);
    });

    it('starts cancelled, if the call is an async function that has not been told yet', async () => {
      const outer = new AsyncScope();
      const scopes: AsyncScope[] = [];
      const opens = tamed(async () => {
        outer.cancel();
        scopes.push(new AsyncScope());
      });

      outer.start(opens());
      await outer.close();

      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true]);
    });

    it('starts cancelled, if the call is a generator that has not been told yet', () => {
      const outer = new AsyncScope();
      const scopes: AsyncScope[] = [];
      const opens = tamed(function* () {
        outer.cancel('gone');
        scopes.push(new AsyncScope());
        yield* sleep(1);
      });

      outer.start(opens());

      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true]);
    });

    it('starts as usual in a finally block', async () => {
      const outer = new AsyncScope();
      const log: string[] = [];
      const opens = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          const scope = new AsyncScope();
          log.push(yield* scope.start(timer(1).pipe(map(() => 'ran'))));
          yield* scope.close();
          log.push('closed');
        }
      });
      outer.start(opens());

      outer.cancel();
      await outer.close();

      expect(log).toEqual(['ran', 'closed']);
    });

    it('is closed by "await using" in an async function that is interrupted', async () => {
      const outer = new AsyncScope();
      const log: string[] = [];
      const opens = tamed(async () => {
        await using scope = new AsyncScope();
        scope.start(patient(log, 'scope', 2));
        await sleep(Infinity);
      });
      outer.start(opens());

      outer.cancel();

      await expectAsync(outer.close()).toBeResolvedTo(undefined);
      expect(log).toEqual(['scope']);
    });
  });

  describe('that ends by itself', () => {
    it('raises its failures to whoever asks', async () => {
      await using outer = new AsyncScope();
      const opens = tamed(function* () {
        const scope = new AsyncScope();
        scope.start(faulty());
        yield* sleep(3);
        return scope;
      });

      const scope = await outer.start(opens());

      await expectAsync(scope.close()).toBeRejectedWith(jasmine.objectContaining({ errors: [failure] }));
    });
  });

  it('belongs to nobody, if the subscriber of an Observable made it', () => {
    const scopes: AsyncScope[] = [];
    const source = new Observable(() => {
      scopes.push(new AsyncScope());
    });

    source.subscribe().unsubscribe();

    expect(scopes[0]!.cancelled).toBeFalse();
  });
});
