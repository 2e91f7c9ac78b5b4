import { concatMap, finalize, map, NEVER, of, Subject, take, throwError, timer, type Observable } from 'rxjs';

import {
  type CancelledError,
  AsyncScope,
  cleanup,
  ScopeClosedError,
  ScopeError,
  sleep,
  tamed,
  type TamedCall,
} from '../../src/index.ts';
import { unhandledErrors } from '../support/unhandled.ts';
import { macrotasks } from '../support/macrotasks.ts';
import { errorOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';
import { failure, faulty } from './failure.ts';

describe('A scope with a parent', () => {
  const unhandled = unhandledErrors();

  describe('that is cancelled', () => {
    it('is cancelled with it', () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const result = scope.start(sleep(Infinity));

      parent.cancel();

      expect(scope.cancelled).toBeTrue();
      expect(result.status).toBe('cancelled');
    });

    it('gives its reason to those who wait', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const result = scope.start(sleep(Infinity));

      parent.cancel('gone');

      expect(((await errorOf(result)) as CancelledError).cause).toBe('gone');
      expect(scope.signal.reason).toBe('gone');
    });

    it('is cancelled for a failure of a child of its parent', () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const result = scope.start(sleep(Infinity));

      parent.start(throwError(() => failure)).catch(() => undefined);

      expect(result.status).toBe('cancelled');
      expect(scope.signal.reason).toBe(failure);
    });

    it('has finished its synchronous cleanup when the cancel of the parent returns', () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const log: string[] = [];
      scope.start(NEVER.pipe(finalize(() => log.push('torn down'))));

      parent.cancel();

      expect(log).toEqual(['torn down']);
    });

    it('is cancelled however deep', () => {
      const grandparent = new AsyncScope();
      const parent = new AsyncScope({ parent: grandparent });
      const scope = new AsyncScope({ parent });
      const result = scope.start(sleep(Infinity));

      grandparent.cancel();

      expect(result.status).toBe('cancelled');
    });

    it('is cancelled also while it closes', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(sleep(Infinity));
      const closing = scope.close();

      parent.cancel();

      await expectAsync(closing).toBeResolvedTo(undefined);
    });

    it('is cancelled with it also if it is empty and its parent is closing', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      parent.start(sleep(Infinity));
      const closing = parent.close();

      parent.cancel();

      expect(scope.cancelled).toBeTrue();
      expect(scope.start(sleep(1)).status).toBe('cancelled');
      await expectAsync(closing).toBeResolvedTo(undefined);
    });

    it('is cancelled for the failure of the last child of a parent that is closing', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      parent.start(faulty());

      await expectAsync(parent.close()).toBeRejectedWithError(ScopeError);

      expect(scope.cancelled).toBeTrue();
    });

    it('lets no child fail that waits for a child of the other scope', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const inParent = parent.start(sleep(Infinity));
      const inScope = scope.start(sleep(Infinity));
      const waiting = [
        scope.start(
          tamed(function* () {
            yield* inParent;
          })(),
        ),
        parent.start(
          tamed(function* () {
            yield* inScope;
          })(),
        ),
      ];

      parent.cancel();

      expect(waiting.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
      await expectAsync(parent.close()).toBeResolvedTo(undefined);
    });

    it('leaves its parent alone, if it is cancelled itself', () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const result = parent.start(sleep(Infinity));

      scope.cancel();

      expect(parent.cancelled).toBeFalse();
      expect(result.status).toBe('pending');
    });
  });

  describe('that was cancelled before', () => {
    it('starts cancelled', () => {
      const parent = new AsyncScope();
      parent.cancel();

      const scope = new AsyncScope({ parent });

      expect(scope.cancelled).toBeTrue();
    });

    it('starts cancelled for the same reason', async () => {
      const parent = new AsyncScope();
      parent.cancel('gone');

      const scope = new AsyncScope({ parent });

      expect(((await errorOf(scope.start(of(1)))) as CancelledError).cause).toBe('gone');
    });

    it('starts cancelled, if its parent has closed since', async () => {
      const parent = new AsyncScope();
      parent.cancel();
      await parent.close();

      const scope = new AsyncScope({ parent });

      expect(scope.cancelled).toBeTrue();
      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });

    it('starts cancelled, if it is made while its parent tears down', () => {
      const parent = new AsyncScope();
      const scopes: AsyncScope[] = [];
      parent.start(NEVER.pipe(finalize(() => scopes.push(new AsyncScope({ parent })))));

      parent.cancel();

      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true]);
    });
  });

  describe('that has closed without being cancelled', () => {
    it('cannot be made', async () => {
      const parent = new AsyncScope();
      await parent.close();

      expect(() => new AsyncScope({ parent })).toThrowError(ScopeClosedError);
    });

    it('cannot be made, and says so with the name of its parent', async () => {
      const parent = new AsyncScope({ name: 'app' });
      await parent.close();

      expect(() => new AsyncScope({ parent })).toThrowError(/"app" has closed/);
    });

    it('cannot be made, at the line that tried', async () => {
      const parent = new AsyncScope();
      await parent.close();
      function makeLate(): AsyncScope {
        return new AsyncScope({ parent });
      }

      let stack: string | undefined;
      try {
        makeLate();
      } catch (error) {
        ({ stack } = error as Error);
      }

      expect(stack?.split('\n')[1]).toContain('makeLate');
    });
  });

  describe('that closes', () => {
    it('is closed, if nobody has done so', () => {
      onVirtualTime(({ flush }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent });
        scope.start(sleep(3));

        parent.close();
        flush();

        expect(scope.closed).toBeTrue();
        expect(scope.cancelled).toBeFalse();
      });
    });

    it('is waited for', () => {
      onVirtualTime(({ expectObservable }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent });
        scope.start(sleep(3));

        expectObservable(parent.close()).toBe('---(a|)', { a: undefined });
      });
    });

    it('is waited for, if it closes already', () => {
      onVirtualTime(({ expectObservable }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent });
        scope.start(sleep(3));
        scope.close();

        expectObservable(parent.close()).toBe('---(a|)', { a: undefined });
      });
    });

    it('is waited for with its cleanup', () => {
      onVirtualTime(({ expectObservable }) => {
        const parent = new AsyncScope({ exitMode: 'cancel' });
        const scope = new AsyncScope({ parent });
        scope.start(NEVER.pipe(finalize(() => cleanup(sleep(3)))));

        expectObservable(parent.close()).toBe('---(a|)', { a: undefined });
      });
    });

    it('is closed by its own exit mode', () => {
      onVirtualTime(({ flush }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent, exitMode: 'cancel' });
        const result = scope.start(sleep(3));

        parent.close();
        flush();

        expect(result.status).toBe('cancelled');
        expect(parent.cancelled).toBeFalse();
      });
    });

    it('serves the children of its parent until they have ended', () => {
      onVirtualTime(({ flush }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent, exitMode: 'cancel' });
        const user = tamed(function* () {
          yield* sleep(2);
          return yield* scope.start(timer(1));
        });
        const result = parent.start(user());

        parent.close();
        flush();

        expect(result.value).toBe(0);
      });
    });

    it('has closed before its parent', () => {
      onVirtualTime(({ flush }) => {
        const parent = new AsyncScope();
        const scope = new AsyncScope({ parent });
        const log: string[] = [];
        scope.start(sleep(3));
        parent.close().subscribe({ complete: () => log.push('parent') });
        scope.close().subscribe({ complete: () => log.push('scope') });

        flush();

        expect(log).toEqual(['scope', 'parent']);
      });
    });

    it('is closed however many there are, also later ones', async () => {
      const parent = new AsyncScope();
      const scopes = Array.from({ length: 10_000 }, () => new AsyncScope({ parent }));
      parent.start(Promise.resolve().then(() => scopes.push(new AsyncScope({ parent }))));

      await parent.close();

      expect(scopes.length).toBe(10_001);
      expect(scopes.every(({ closed }) => closed)).toBeTrue();
    });

    it('is closed however deep', () => {
      onVirtualTime(({ expectObservable }) => {
        const grandparent = new AsyncScope();
        const parent = new AsyncScope({ parent: grandparent });
        const scope = new AsyncScope({ parent });
        scope.start(sleep(3));

        expectObservable(grandparent.close()).toBe('---(a|)', { a: undefined });
      });
    });

    it('can be made by its children meanwhile', () => {
      onVirtualTime(({ expectObservable }) => {
        const parent = new AsyncScope();
        const opens = tamed(function* () {
          yield* sleep(2);
          new AsyncScope({ parent }).start(sleep(3));
        });
        parent.start(opens());

        expectObservable(parent.close()).toBe('-----(a|)', { a: undefined });
      });
    });

    it('is waited for with its body, if it is that of a run, which may go on to use it', async () => {
      const parent = new AsyncScope();
      const log: string[] = [];
      const run = AsyncScope.run(
        function* (scope) {
          yield* sleep(1);
          log.push(yield* scope.start(timer(1).pipe(map(() => 'child'))));
          return 'body';
        },
        { parent },
      );
      run.subscribe((value) => log.push(value));

      await parent.close();

      expect(log).toEqual(['child', 'body']);
    });

    it('leaves its parent open, if it is closed itself', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });

      await scope.close();

      expect(parent.closed).toBeFalse();
      expect(parent.start(of(1)).status).toBe('succeeded');
    });

    it('is told that it is closed, not that it failed, if its parent has failed', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(sleep(Infinity));
      parent.start(faulty());

      await expectAsync(parent.close()).toBeRejectedWith(jasmine.objectContaining({ errors: [failure] }));
      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });
  });

  describe('that raises something', () => {
    it('is a matter of its owner, who awaits it', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      await expectAsync(scope.close()).toBeRejectedWith(jasmine.objectContaining({ errors: [failure] }));

      expect(parent.cancelled).toBeFalse();
      await expectAsync(parent.close()).toBeResolvedTo(undefined);
    });

    it('is a matter of its owner, who disposes of it', async () => {
      const parent = new AsyncScope();
      const block = async (): Promise<void> => {
        await using scope = new AsyncScope({ parent });
        scope.start(faulty());
      };

      await expectAsync(block()).toBeRejectedWithError(ScopeError);

      await expectAsync(parent.close()).toBeResolvedTo(undefined);
    });

    it('is a failure of the parent, if nobody has awaited it a macrotask later', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      scope.close();
      await sleep(3);
      await macrotasks();

      const { errors } = (await errorOf(parent.close())) as ScopeError;
      expect(errors).toEqual([jasmine.any(ScopeError)]);
      expect((errors[0] as ScopeError).errors).toEqual([failure]);
      expect(unhandled).toEqual([]);
    });

    it('triggers the error mode of the parent then', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      const sibling = parent.start(sleep(Infinity));
      scope.start(faulty());

      scope.close();
      await sleep(3);
      await macrotasks();

      expect(parent.cancelled).toBeTrue();
      const { cause } = (await errorOf(sibling)) as CancelledError;
      expect(cause).toBeInstanceOf(ScopeError);
      await errorOf(parent.close());
    });

    it('cancels nothing then, under errorMode "continue"', async () => {
      const parent = new AsyncScope({ errorMode: 'continue' });
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      scope.close();
      await sleep(3);
      await macrotasks();

      expect(parent.cancelled).toBeFalse();
      await expectAsync(parent.close()).toBeRejectedWithError(ScopeError);
    });

    it('is a failure of the parent that closed it', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      const { errors } = (await errorOf(parent.close())) as ScopeError;

      expect(errors).toEqual([jasmine.any(ScopeError)]);
      expect((errors[0] as ScopeError).errors).toEqual([failure]);
    });

    it('is a failure of the parent also as an AwaitError', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent, exitMode: 'raise', name: 'nested' });
      scope.start(of('value'));

      const { errors } = (await errorOf(parent.close())) as ScopeError;

      expect((errors as Error[]).map(({ name }) => name)).toEqual(['AwaitError']);
    });

    it('is a failure of the parent once', async () => {
      const grandparent = new AsyncScope();
      const parent = new AsyncScope({ parent: grandparent });
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      await expectAsync(parent.close()).toBeRejectedWithError(ScopeError, /^1 async function failed/);

      await expectAsync(grandparent.close()).toBeResolvedTo(undefined);
    });

    it('goes up, if nobody awaits that of the parent either', async () => {
      const grandparent = new AsyncScope();
      const parent = new AsyncScope({ parent: grandparent });
      const scope = new AsyncScope({ parent });
      scope.start(faulty());

      const { errors } = (await errorOf(grandparent.close())) as ScopeError;

      const [inParent] = errors as ScopeError[];
      const [inScope] = inParent!.errors as ScopeError[];
      expect(inScope!.errors).toEqual([failure]);
      expect(unhandled).toEqual([]);
    });

    it('is still there for who awaits it after that', async () => {
      const parent = new AsyncScope();
      const scope = new AsyncScope({ parent });
      scope.start(faulty());
      const { errors } = (await errorOf(parent.close())) as ScopeError;

      await expectAsync(scope.close()).toBeRejectedWith(errors[0]);
    });

    it('is a matter of its owner again, if that awaits it before the parent has closed', async () => {
      const parent = new AsyncScope({ errorMode: 'continue' });
      const scope = new AsyncScope({ parent });
      scope.start(faulty());
      scope.close();
      await sleep(3);
      await macrotasks();

      await expectAsync(scope.close()).toBeRejectedWithError(ScopeError);

      await expectAsync(parent.close()).toBeResolvedTo(undefined);
    });

    const closeLate: Record<string, (scope: AsyncScope) => unknown> = {
      *'a generator'(scope) {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* scope.close();
        }
      },
      'an async function': async (scope) => {
        try {
          await sleep(Infinity);
        } finally {
          await scope.close();
        }
      },
      async *'an async generator'(scope) {
        try {
          await sleep(Infinity);
          yield;
        } finally {
          await scope.close();
        }
      },
      'an Observable': (scope) => NEVER.pipe(finalize(() => cleanup(scope.close()))),
      'the body of a run': (scope) =>
        AsyncScope.run(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* scope.close();
          }
        }),
    };
    for (const [shape, code] of Object.entries(closeLate)) {
      it(`is raised once, though a service closes it after the parent, in ${shape}`, async () => {
        const parent = new AsyncScope({ errorMode: 'continue' });
        const scope = new AsyncScope({ parent });
        parent.start(tamed(code)(scope), { service: true });
        scope.start(faulty());

        const { errors } = (await errorOf(parent.close())) as ScopeError;

        expect(errors).toEqual([jasmine.any(ScopeError)]);
        expect((errors[0] as ScopeError).errors).toEqual([failure]);
        expect(unhandled).toEqual([]);
      });
    }

    const closeNow: Record<string, (scope: AsyncScope, once: Observable<unknown>) => unknown> = {
      *'a generator'(scope, once) {
        yield* tamed.from(once);
        yield* scope.close();
      },
      async 'an async function'(scope, once) {
        await tamed.from(once);
        await scope.close();
      },
      async *'an async generator'(scope, once) {
        await tamed.from(once);
        await scope.close();
        yield;
      },
      'an Observable': (scope, once) => once.pipe(concatMap(() => scope.close())),
      'the body of a run': (scope, once) =>
        AsyncScope.run(async () => {
          await tamed.from(once);
          await scope.close();
        }),
    };
    for (const [shape, code] of Object.entries(closeNow)) {
      it(`is raised once, though its telling lets the parent end the service that hears it, in ${shape}`, async () => {
        const parent = new AsyncScope({ errorMode: 'continue' });
        const scope = new AsyncScope({ parent });
        const once = new Subject<void>();
        parent.start(tamed(code)(scope, once.pipe(take(1))), { service: true });
        scope.start(throwError(() => failure));

        const closing = parent.close();
        once.next();

        const { errors } = (await errorOf(closing)) as ScopeError;
        expect(errors).toEqual([jasmine.objectContaining({ errors: [failure] })]);
      });
    }

    it('is raised by the parent beside its own failures', async () => {
      const parent = new AsyncScope({ errorMode: 'continue' });
      const scope = new AsyncScope({ parent });
      const own = new Error('in the parent');
      scope.start(faulty());
      parent.start(throwError(() => own));

      const { errors } = (await errorOf(parent.close())) as ScopeError;

      expect(errors).toEqual([own, jasmine.any(ScopeError)]);
    });
  });

  it('is no child of it', () => {
    const parent = new AsyncScope();
    const events: string[] = [];
    parent.events$.subscribe(({ type }) => events.push(type));
    const scope = new AsyncScope({ parent });

    scope.start(NEVER);

    expect(parent.size).toBe(0);
    expect(parent.children).toEqual([]);
    expect(events).toEqual([]);
  });

  it('does not belong to the call that made it', async () => {
    const parent = new AsyncScope();
    const scopes: AsyncScope[] = [];
    const opens = tamed(function* () {
      scopes.push(new AsyncScope({ parent }));
      yield* sleep(Infinity);
    });
    const subscription = opens().subscribe();

    subscription.unsubscribe();

    expect(scopes[0]!.cancelled).toBeFalse();
    await parent.close();
  });
});

describe('Ten thousand scopes, each nested in the one before', () => {
  function nested(): AsyncScope[] {
    const scopes = [new AsyncScope()];
    for (let depth = 1; depth < 10_000; depth++) {
      scopes.push(new AsyncScope({ parent: scopes[depth - 1]! }));
    }
    return scopes;
  }

  it('close with the outermost one', async () => {
    const scopes = nested();

    await scopes[0]!.close();

    expect(scopes.every(({ closed }) => closed)).toBeTrue();
  });

  it('are cancelled with the outermost one, and so is what runs in the innermost', async () => {
    const scopes = nested();
    const result = scopes.at(-1)!.start(NEVER);

    scopes[0]!.cancel();

    expect(scopes.every(({ cancelled }) => cancelled)).toBeTrue();
    expect(result.status).toBe('cancelled');
    await scopes[0]!.close();
  });
});

describe('Forty runs, each a child of the scope around it, which is its parent as well', () => {
  it('wait at once for what the innermost one waits for, though there are two ways outwards from each', async () => {
    const other = new AsyncScope({ concurrency: 1 });
    const waited = other.start(sleep(1));
    const nested = (depth: number, parent?: AsyncScope): TamedCall<string> =>
      AsyncScope.run(
        function* (scope): Generator<unknown, string, never> {
          if (depth > 0) {
            return yield* scope.start(nested(depth - 1, scope));
          }
          yield* waited;
          yield* other.close();
          return 'in time';
        },
        { parent },
      );

    await expectAsync(nested(40).then()).toBeResolvedTo('in time');
  });
});
