import { TestScheduler } from 'rxjs/testing';

import { AsyncScope, ScopeError, sleep, tamed } from '../src/index.ts';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

function onVirtualTime(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
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

      const error = await scope.close().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ScopeError);
      expect((error as ScopeError).errors).toEqual([failure]);
    });
  });
});
