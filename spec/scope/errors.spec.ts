import { finalize, map, NEVER, type ObservableInput, Subject, takeUntil } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { AsyncScope, ScopeError, sleep, tamed } from '../../src/index.ts';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function onVirtualTime(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

/** What closing raises, one by one. */
async function raisedBy(scope: AsyncScope): Promise<unknown[]> {
  try {
    await scope.close();
    return [];
  } catch (error) {
    return error instanceof ScopeError ? (error.errors as unknown[]) : [error];
  }
}

const failure = new Error('Oh no!');

const faulty = tamed(function* () {
  yield* sleep(1);
  throw failure;
});

describe('The failure of a child', () => {
  describe('that fails between `await`, which reads `then`, and the microtask in which that is called', () => {
    const faults: Readonly<Record<string, () => ObservableInput<unknown>>> = {
      'an async function': tamed(async () => {
        throw failure;
      }),
      'a promise': () => Promise.reject(failure),
      'a generator': tamed(function* () {
        yield* tamed.from(Promise.reject(failure));
      }),
    };
    const waits: Readonly<Record<string, (result: Promise<unknown>) => Promise<unknown>>> = {
      await: async (result) => await result,
      'Promise.all': (result) => Promise.all([result]),
      'Promise.resolve': (result) => Promise.resolve(result),
    };

    for (const [who, fails] of Object.entries(faults)) {
      for (const [how, wait] of Object.entries(waits)) {
        it(`reaches the body of a run that waits by ${how} for ${who}`, async () => {
          let caught: unknown;

          const value = await AsyncScope.run(async (scope) => {
            await wait(scope.start(fails())).catch((error: unknown) => (caught = error));
            return 'handled';
          });

          expect(caught).toBe(failure);
          expect(value).toBe('handled');
        });
      }
    }

    it('reaches a sibling, though the scope is cancelled by it', async () => {
      const log: unknown[] = [];
      const scope = new AsyncScope();
      const result = scope.start(Promise.reject(failure));
      scope.start(
        tamed(async () => {
          try {
            await result;
          } catch (error) {
            log.push(error);
          }
        })(),
      );

      const raised = await raisedBy(scope);

      expect(raised).toEqual([]);
      expect(log).toEqual([failure]);
      expect(scope.cancelled).toBe(true);
    });

    it('is raised if no code calls it', async () => {
      const scope = new AsyncScope();
      const result = scope.start(Promise.reject(failure));

      expect(typeof result.then).toBe('function');
      const raised = await raisedBy(scope);

      expect(raised).toEqual([failure]);
    });

    it('is raised if the scope is cancelled in between', async () => {
      const scope = new AsyncScope();
      const result = scope.start(Promise.reject(failure));

      expect(typeof result.then).toBe('function');
      void Promise.resolve().then(() => scope.cancel());
      const raised = await raisedBy(scope);

      expect(result.status).toBe('cancelled');
      expect(raised).toEqual([failure]);
    });

    it('settles the result at once if it comes from no promise', () => {
      const source = new Subject<void>();
      const scope = new AsyncScope();
      const result = scope.start(source);
      const waiting = expectAsync(result).toBeRejectedWith(failure);

      source.error(failure);

      expect(result.status).toBe('failed');
      return waiting;
    });
  });

  describe('under errorMode "cancel"', () => {
    it('lets a sibling that waits for it go on until that waits again', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope();
        const log: string[] = [];
        const result = scope.start(faulty());
        const sibling = tamed(function* () {
          try {
            yield* result;
          } catch {
            log.push('caught');
          }
          yield* sleep(0);
          log.push('went on');
        });

        scope.start(sibling());
        flush();

        expect(log).toEqual(['caught']);
      });
    });

    it('lets a sibling succeed that catches it in a helper of its own', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope();
        const result = scope.start(faulty());
        const helper = tamed(function* () {
          try {
            return yield* result;
          } catch {
            return 'caught';
          }
        });
        const sibling = tamed(function* () {
          return yield* helper();
        });

        const succeeded = scope.start(sibling());
        flush();

        expect(succeeded.value).toBe('caught');
      });
    });

    it('cancels all the same', () => {
      onVirtualTime(({ flush }) => {
        const scope = new AsyncScope();
        const result = scope.start(faulty());
        result.subscribe({ error() {} });
        const other = scope.start(sleep(2));

        flush();

        expect(other.status).toBe('cancelled');
      });
    });
  });

  describe('under an operator', () => {
    it('is raised, if that has completed and not torn it down yet', async () => {
      const scope = new AsyncScope();
      const end = new Subject<void>();
      const gate = new Subject<void>();
      const late = tamed(function* () {
        yield* tamed.from(gate);
        throw failure;
      });
      scope.events$.subscribe(({ type }) => {
        if (type === 'complete') {
          gate.next();
          gate.complete();
        }
      });
      scope.start(late().pipe(takeUntil(end)));

      end.next();

      expect(await raisedBy(scope)).toEqual([failure]);
    });

    it('is no failure then, if it is a cancel', async () => {
      const scope = new AsyncScope();
      const end = new Subject<void>();
      const other = new AsyncScope();
      const result = other.start(NEVER);
      const late = tamed(function* () {
        yield* result;
      });
      scope.events$.subscribe(({ type }) => {
        if (type === 'complete') {
          other.cancel();
        }
      });
      scope.start(late().pipe(takeUntil(end)));

      end.next();

      expect(await raisedBy(scope)).toEqual([]);
    });

    it('is raised, if a cancel is about to tear it down', async () => {
      const scope = new AsyncScope();
      const gate = new Subject<void>();
      const failing = tamed(function* () {
        yield* tamed.from(gate);
        throw failure;
      });
      scope.start(
        NEVER.pipe(
          finalize(() => {
            gate.next();
            gate.complete();
          }),
        ),
      );
      scope.start(failing().pipe(map((value: unknown) => value)));

      scope.cancel();

      expect(await raisedBy(scope)).toEqual([failure]);
    });
  });

  describe('on its way to whoever called', () => {
    it('is raised, if a cancel is there first', async () => {
      const scope = new AsyncScope();
      const short = tamed(function* () {
        yield* sleep(1);
      });
      const result = scope.start(short());
      const helper = tamed(function* () {
        yield* result;
        throw failure;
      });
      const caller = tamed(function* () {
        yield* helper();
      });
      const canceller = tamed(function* () {
        yield* result;
        scope.cancel();
      });

      scope.start(caller());
      scope.start(canceller());

      expect(await raisedBy(scope)).toEqual([failure]);
    });
  });
});
