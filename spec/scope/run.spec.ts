import type { Observable } from 'rxjs';
import {
  EMPTY,
  EmptyError,
  finalize,
  map,
  NEVER,
  of,
  onErrorResumeNext,
  throwError,
  timer,
  catchError,
  concatMap,
  Subject,
  switchMap,
  take,
  takeUntil,
  TimeoutError,
} from 'rxjs';

import type { ScopeError } from '../../src/index.ts';
import {
  AsyncScope,
  type AsyncScopeOptions,
  BlockingError,
  CancelledError,
  cleanup,
  ScopeClosedError,
  sleep,
  tamed,
  TamedCall,
} from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';
import { unhandledErrors } from '../support/unhandled.ts';
import { errorOf, record } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';
import { type Body, noting, patient } from './bodies.ts';
import { failure, failing } from './failure.ts';

function* plainGenerator(): Generator<never, string> {
  yield* sleep(1);
  return 'generator';
}

describe('AsyncScope.run()', () => {
  const unhandled = unhandledErrors();

  afterEach(() => {
    expect(unhandled).toEqual([]);
  });

  describe('and its body', () => {
    it('does not run before somebody asks, and then each time, with another scope', async () => {
      const scopes: AsyncScope[] = [];
      const run = AsyncScope.run((scope) => scopes.push(scope));

      const before = scopes.length;
      await run;
      await run;

      expect([before, new Set(scopes).size]).toEqual([0, 2]);
    });

    it('have the same name', () => {
      const run = AsyncScope.run(function* download() {
        yield* sleep(1);
      });

      expect([run instanceof TamedCall, run.name]).toEqual([true, 'download']);
    });

    it('is over in the same tick, where nothing waits', () => {
      expect(record(AsyncScope.run((scope) => scope.start(of(1))))).toEqual([1, 'complete']);
    });

    it('is not touched by the exit mode, and takes no place under "concurrency"', async () => {
      const options = { exitMode: 'cancel', concurrency: 1 } as const;
      const run = AsyncScope.run(function* (scope) {
        const first = yield* scope.start(timer(1).pipe(map(() => 'first')));
        scope.start(sleep(Infinity));
        return first;
      }, options);

      expect(await run).toBe('first');
    });

    it('is not counted, listed, queued or named in events', () => {
      const log: unknown[] = [];
      const run = AsyncScope.run(
        (scope) => {
          scope.events$.subscribe((event) => log.push(event.type));
          log.push(scope.size, scope.children);
          return scope.start(of('child'));
        },
        { concurrency: 1 },
      );

      expect(record(run)).toEqual(['child', 'complete']);
      expect(log).toEqual([0, [], 'start', 'next', 'complete']);
    });

    it('emits the last value only, when the scope has closed', () => {
      onVirtualTime(({ expectObservable, cold }) => {
        const run = AsyncScope.run((scope) => {
          scope.start(sleep(6));
          return cold('--a--(b|)');
        });

        expectObservable(run).toBe('------(b|)');
      });
    });

    it('completes without a value, if the body does', async () => {
      const run = AsyncScope.run(() => EMPTY);

      expect(record(run)).toEqual(['complete']);
      expect(await errorOf(run)).toBeInstanceOf(EmptyError);
    });

    it('fails with an EmptyError, if that is what the body throws', async () => {
      const run = AsyncScope.run(function* () {
        return yield* tamed.from(EMPTY);
      });

      expect(await errorOf(run)).toBeInstanceOf(EmptyError);
    });

    it('emits undefined, if the body returns nothing', () => {
      expect(record(AsyncScope.run(() => undefined))).toEqual([undefined, 'complete']);
    });

    it('emits the last value of an async generator', async () => {
      const run = AsyncScope.run(async function* () {
        yield 1;
        await sleep(1);
        yield 2;
      });

      expect(await run).toBe(2);
    });

    it('emits the value of a call, a result and a generator that the body returns', async () => {
      const values = [
        await AsyncScope.run(() => tamed(() => 'call')()),
        await AsyncScope.run((scope) => scope.start(of('result'))),
        await AsyncScope.run(() => plainGenerator()),
      ];

      expect(values).toEqual(['call', 'result', 'generator']);
    });

    it('may wait for the close of its scope', async () => {
      const run = AsyncScope.run(function* (scope) {
        scope.start(sleep(1));
        yield* scope.close();
        return scope.closed;
      });

      expect(await run).toBeTrue();
    });

    it('fails with the ScopeError as it is, if the close for which it waits does', async () => {
      const raised: unknown[] = [];
      const run = AsyncScope.run(
        async (scope) => {
          scope.start(failing(1));
          await scope.close().catch((error: unknown) => {
            raised.push(error);
            throw error;
          });
        },
        { errorMode: 'continue' },
      );

      expect(await errorOf(run)).toBe(raised[0]);
    });

    it('cannot start a child that waits for the close', async () => {
      const run = AsyncScope.run((scope) => scope.start(tamed(() => scope.close())()));

      const { errors } = (await errorOf(run)) as ScopeError;

      expect(errors).toEqual([jasmine.any(BlockingError)]);
    });

    it('has been left with a scope that is closed', async () => {
      const scopes: AsyncScope[] = [];
      await AsyncScope.run((scope) => scopes.push(scope));

      expect(() => scopes[0]!.start(of(1))).toThrowError(ScopeClosedError);
    });
  });

  describe('under operators', () => {
    onlyWhere.contextIsCarried.it('is ended by take(1) of what another emits', async () => {
      const log: unknown[] = [];
      const outer = new AsyncScope();
      const run = AsyncScope.run(() => patient('body', log, 3));

      outer.start(
        timer(0, 1)
          .pipe(switchMap((n) => (n === 0 ? run : of(n))))
          .pipe(take(1)),
      );
      await outer.close();

      expect(log).toEqual(['body']);
    });

    it('closes before the next is begun', async () => {
      const log: unknown[] = [];
      const run = (name: string): TamedCall<unknown> =>
        AsyncScope.run((scope) => {
          log.push(`${name} begins`);
          scope.start(noting(`${name} ends`, log, 2));
        });

      await tamed.from(of('a', 'b').pipe(concatMap(run)));

      expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    });

    it('reports to RxJS what it would have raised, if it is unsubscribed and no scope waits', async () => {
      const run = AsyncScope.run(() => NEVER.pipe(finalize(() => cleanup(throwError(() => failure)))));

      run.subscribe().unsubscribe();
      await sleep(3);

      expect(unhandled.splice(0)).toEqual([failure]);
    });

    it('reports no CancelledError, if it is unsubscribed and no scope waits', async () => {
      AsyncScope.run(async () => sleep(Infinity))
        .subscribe()
        .unsubscribe();
      await sleep(3);

      expect(unhandled).toEqual([]);
    });

    it('hands over an error of its body, if it is unsubscribed while it closes', async () => {
      const outer = new AsyncScope();
      const run = AsyncScope.run((scope) => {
        scope.start(patient('child', [], 5));
        throw failure;
      });
      outer.start(run);

      outer.cancel();

      expect(await errorOf(outer.close())).toEqual(jasmine.objectContaining({ errors: [failure] }));
    });
  });

  describe('that is unsubscribed', () => {
    it('does not run its body, if an operator subscribes it only because the source before is torn down', () => {
      let bodies = 0;
      const scope = new AsyncScope();
      scope.start(
        onErrorResumeNext(
          NEVER,
          AsyncScope.run(() => bodies++),
        ),
      );

      scope.cancel();

      expect(bodies).toBe(0);
    });

    it('hands over what a nested scope has raised that nobody has heard', async () => {
      const outer = new AsyncScope();
      const left = new Subject<void>();
      const run = AsyncScope.run(function* (scope) {
        const nested = new AsyncScope({ parent: scope });
        nested.start(failing(1));
        yield* sleep(2);
        queueMicrotask(() => left.next()); // Before the macrotask in which somebody could still hear.
      });
      outer.start(run.pipe(takeUntil(left)));

      const error = (await errorOf(outer.close())) as ScopeError;

      expect(error.errors).toEqual([jasmine.objectContaining({ errors: [failure] })]);
    });
  });

  describe('in another run', () => {
    it('is cancelled with it, from the inside out', async () => {
      const log: unknown[] = [];
      const inner = AsyncScope.run((scope) => {
        scope.start(patient('child', log, 1));
        return patient('inner body', log, 1);
      });
      const outer = AsyncScope.run(
        function* (scope) {
          try {
            yield* inner;
          } finally {
            log.push('outer body');
            scope.start(of('never'));
          }
        },
        { timeout: 2 },
      );

      expect(await errorOf(outer)).toBeInstanceOf(TimeoutError);
      expect(new Set(log.slice(0, 2))).toEqual(new Set(['child', 'inner body']));
      expect(log.slice(2)).toEqual(['outer body']);
    });

    it('hands a failure on as it is, through the bodies', async () => {
      const run = AsyncScope.run(() => AsyncScope.run((scope) => scope.start(failing(1))));

      expect(await errorOf(run)).toBe(failure);
    });

    it('is a failure of the outer scope, if it is its child: with its ScopeError as one error', async () => {
      const run = AsyncScope.run((outer) => {
        outer.start(
          AsyncScope.run((inner) => {
            inner.start(failing(1));
          }),
        );
      });

      const { errors } = (await errorOf(run)) as ScopeError;

      expect(errors).toEqual([jasmine.objectContaining({ errors: [failure] })]);
    });

    it('has cleanup errors of three levels arrive flat', async () => {
      const [one, two, three] = [new Error('one'), new Error('two'), new Error('three')];
      const level = (error: Error, next: () => unknown): Body =>
        function* (scope) {
          scope.start(NEVER.pipe(finalize(() => cleanup(throwError(() => error)))));
          yield* tamed.from(next() as Observable<unknown>);
        };
      const run = AsyncScope.run(
        level(one, () => AsyncScope.run(level(two, () => AsyncScope.run(level(three, () => NEVER))))),
        { timeout: 2 },
      );

      const error = (await errorOf(run)) as ScopeError;

      expect(error.errors).toEqual([three, two, one]);
      expect(error.cause).toBeInstanceOf(TimeoutError);
    });
  });

  describe('with options', () => {
    it('refuses wrong ones at the call', () => {
      expect(() => AsyncScope.run(() => 1, { timeout: -1 })).toThrowError(TypeError, /"timeout"/);
    });

    it('refuses a body that is no function, at the call', () => {
      expect(() => AsyncScope.run(sleep(1) as never)).toThrowError(
        TypeError,
        'AsyncScope.run() takes a function, but got an object (TamedCall).',
      );
    });

    it('passes each of them to its scope', async () => {
      const options: AsyncScopeOptions = { name: 'batch', concurrency: 1, exitMode: 'cancel' };
      const seen: unknown[] = [];

      await AsyncScope.run((scope) => {
        scope.start(sleep(Infinity));
        scope.start(sleep(Infinity));
        seen.push(
          scope.name,
          scope.children.map(({ state }) => state),
        );
      }, options);

      expect(seen).toEqual(['batch', ['running', 'queued']]);
    });

    it('fails with a ScopeClosedError, if its parent has closed', async () => {
      const parent = new AsyncScope();
      await parent.close();

      const error = await errorOf(AsyncScope.run(() => 1, { parent }));

      expect(error).toBeInstanceOf(ScopeClosedError);
    });

    it('runs nothing of its body, if its parent is cancelled', async () => {
      const log: string[] = [];
      const parent = new AsyncScope();
      parent.cancel();

      const error = await errorOf(AsyncScope.run(() => log.push('ran'), { parent }));

      expect([log, error]).toEqual([[], jasmine.any(CancelledError)]);
    });

    it('cancels its children, if its body cancels it, though it has a parent', async () => {
      const parent = new AsyncScope();
      const log: unknown[] = [];

      const run = AsyncScope.run(
        function* (scope) {
          scope.start(patient('child', log, 1));
          scope.cancel();
          return 'a';
        },
        { parent },
      );

      expect([await run, log]).toEqual(['a', ['child']]);
    });

    it('has no child that waits for the close of the scope around it, though it has a parent', async () => {
      const parent = new AsyncScope();
      const outer = new AsyncScope();
      const selfish = AsyncScope.run((scope) => scope.start(outer.close()), { parent });

      outer.start(selfish);

      const { errors } = (await errorOf(outer.close())) as ScopeError;
      expect(errors).toEqual([jasmine.objectContaining({ errors: [jasmine.any(BlockingError)] })]);
    });

    it('names in a CleanupTimeoutError who still cleans up', async () => {
      const slow = tamed(function* slow() {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* sleep(10);
        }
      });
      const run = AsyncScope.run(
        (scope) => {
          scope.start(slow());
        },
        { exitMode: 'cancel', cleanupTimeout: 1 },
      );

      const { errors } = (await errorOf(run)) as ScopeError;

      expect(errors).toEqual([jasmine.objectContaining({ children: ['slow (#1)'] })]);
    });

    it('keeps virtual time', () => {
      onVirtualTime(({ expectObservable }) => {
        const run = AsyncScope.run(
          function* (scope) {
            scope.start(sleep(8));
            yield* sleep(3);
            return 'a';
          },
          { timeout: 6 },
        ).pipe(catchError((error: Error) => of(error.name)));

        expectObservable(run).toBe('------(b|)', { b: 'TimeoutError' });
      });
    });
  });
});
