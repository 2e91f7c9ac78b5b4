import { finalize, map, NEVER, Subject, takeUntil } from 'rxjs';
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
