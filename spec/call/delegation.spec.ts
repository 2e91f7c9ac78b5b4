import { AsyncScope, CancelledError, sleep, tamed } from '../../src/index.ts';
import { diary, textOf } from '../support/diary.ts';
import { virtually } from '../support/virtual-time.ts';
import { raisedBy } from './unwinding.ts';

type Steps<T = void> = Generator<never, T>;

describe('A coroutine that waits for a plain generator', () => {
  describe('whose finally waits, too, when it is cancelled', () => {
    it('does not go on with the code after it', async () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          yield* slowToUnwind('helper', note);
          note('after the helper');
          yield* sleep(0);
          note('after another wait');
        })(),
      );

      scope.cancel();
      await scope.close();

      expect(lines.map(textOf)).toEqual(['helper unwinds', 'helper unwound']);
    });

    it('unwinds from the inside out, each finally once, one after the other', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        function* middle(): Steps {
          try {
            yield* slowToUnwind('inner', note);
            note('after the inner one');
          } finally {
            note('middle unwinds');
            yield* sleep(10);
            yield* sleep(10);
            note('middle unwound');
          }
          note('after the finally of the middle one');
        }
        const scope = new AsyncScope();
        const result = scope.start(
          tamed(function* () {
            try {
              yield* middle();
              note('after the middle one');
            } catch {
              note('a catch');
            } finally {
              note('outer unwinds');
              yield* sleep(10);
              note('outer unwound');
            }
          })(),
        );

        scope.cancel();
        scope.close().subscribe({ complete: () => note('closed') });
        flush();

        expect(result.status).toBe('cancelled');
        expect(lines).toEqual([
          '0 inner unwinds',
          '10 inner unwound',
          '10 middle unwinds',
          '30 middle unwound',
          '30 outer unwinds',
          '40 outer unwound',
          '40 closed',
        ]);
      });
    });

    it('gets what that throws at its end, and its scope, if it does not catch it', async () => {
      const failure = new Error('cleanup');
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* throwingLate(failure);
            note('after the helper');
          } finally {
            yield* sleep(0);
            note('outer unwound');
          }
        })(),
      );

      scope.cancel();

      expect((await raisedBy(scope)).errors).toEqual([failure]);
      expect(lines.map(textOf)).toEqual(['outer unwound']);
    });

    it('may catch what that throws at its end, as with a finally that does not wait', async () => {
      const failure = new Error('cleanup');
      const caught: unknown[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* throwingLate(failure);
          } catch (error) {
            caught.push(error);
            yield* sleep(0);
            caught.push('and goes on');
          }
        })(),
      );

      scope.cancel();
      await scope.close();

      expect(caught).toEqual([failure, 'and goes on']);
    });

    it('has returned if that returns in its finally', async () => {
      function* stubborn(): Steps<string> {
        try {
          yield* sleep(100);
        } finally {
          yield* sleep(0);
          return 'all the same';
        }
      }
      const after = jasmine.createSpy();

      const value = await AsyncScope.run(function* (scope) {
        scope.cancel();
        const result: string = yield* stubborn();
        after();
        return result;
      });

      expect(value).toBe('all the same');
      expect(after).not.toHaveBeenCalled();
    });

    it('lets that wait in its finally for generators of its own, and for their values', async () => {
      const { lines, note } = diary();
      function* release(name: string): Steps<string> {
        try {
          yield* sleep(0);
          return `released ${name}`;
        } finally {
          yield* sleep(0);
        }
      }
      function* helper(): Steps {
        try {
          yield* sleep(100);
        } finally {
          note(yield* release('a'));
          note(yield* release('b'));
        }
      }
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          yield* helper();
          note('after the helper');
        })(),
      );

      scope.cancel();
      await scope.close();

      expect(lines.map(textOf)).toEqual(['released a', 'released b']);
    });

    it('unwinds in the same way if it is the body of a run, and if its own code has cancelled it', async () => {
      const { lines, note } = diary();
      const run = AsyncScope.run(function* (scope) {
        function* cancelling(): Steps {
          try {
            scope.cancel();
            yield* slowToUnwind('helper', note);
            note('after the wait');
          } finally {
            yield* sleep(0);
            note('outer unwound');
          }
        }
        yield* cancelling();
        note('after the helper');
      });

      await expectAsync(run.then()).toBeRejectedWithError(CancelledError);

      expect(lines.map(textOf)).toEqual(['helper unwinds', 'helper unwound', 'outer unwound']);
    });

    it('does not touch another coroutine that its finally cancels', async () => {
      const { lines, note } = diary();
      const other = new AsyncScope();
      other.start(
        tamed(function* () {
          yield* slowToUnwind('other', note);
          note('after the other');
        })(),
      );
      function* helper(): Steps {
        try {
          yield* sleep(100);
        } finally {
          other.cancel();
          yield* other.close();
          note('helper unwound');
        }
      }
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          yield* helper();
          note('after the helper');
        })(),
      );

      scope.cancel();
      await scope.close();

      expect(lines.map(textOf)).toEqual(['other unwinds', 'other unwound', 'helper unwound']);
    });

    it('leaves the method that all generators share as it is, also in a finally', async () => {
      const shared = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})())) as Generator;
      const { return: before } = shared;
      const returned: unknown[] = [];
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(100);
          } finally {
            returned.push(slowToUnwind('unused', () => {}).return(7 as never));
          }
        })(),
      );

      scope.cancel();
      await scope.close();

      expect(shared.return).toBe(before);
      expect(returned).toEqual([{ done: true, value: 7 }]);
    });
  });
});

function* slowToUnwind(name: string, note: (what: string) => void): Steps {
  try {
    yield* sleep(100);
  } finally {
    note(`${name} unwinds`);
    yield* sleep(10);
    note(`${name} unwound`);
  }
}

function* throwingLate(error: Error): Steps {
  try {
    yield* sleep(100);
  } finally {
    yield* sleep(0);
    throw error;
  }
}
