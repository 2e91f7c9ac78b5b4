import { finalize, NEVER, Observable, throwError } from 'rxjs';

import { acquire, AsyncScope, ScopeError, sleep, tamed } from '../../src/index.ts';
import { errorOf, errorsOf } from '../support/outcome.ts';
import { unhandledErrors } from '../support/unhandled.ts';

function oops(): never {
  throw new Error('A failure is looked at, and throws.');
}

function withProperty(key: string, descriptor: PropertyDescriptor): Error {
  return Object.defineProperty(new Error('Oh no!'), key, descriptor);
}

/** What code of others may throw, and what throws itself where somebody looks at it. */
const failures: Record<string, () => unknown> = {
  'an error with a stack that throws': () => withProperty('stack', { get: oops }),
  'an error with a message that throws': () => withProperty('message', { get: oops }),
  'an error with a name that throws': () => withProperty('name', { get: oops }),
  'an error whose message is a symbol': () => withProperty('message', { value: Symbol('Oh no!') }),
  'an error whose name is a symbol': () => withProperty('name', { value: Symbol('Oh no!') }),
  'an error whose message cannot become text': () =>
    withProperty('message', { value: Object.create(null) as unknown }),
  'a proxy whose traps throw': () =>
    new Proxy(new Error('Oh no!'), { get: oops, has: oops, getPrototypeOf: oops }),
  'a proxy that has been revoked': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
};

for (const [what, make] of Object.entries(failures)) {
  describe(`A child that fails with ${what}`, () => {
    const unhandled = unhandledErrors();

    it('cancels the others, and the close tells that very failure', async () => {
      const failure = make();
      const scope = new AsyncScope();
      const sibling = scope.start(sleep(10_000));

      scope.start(throwError(() => failure));

      const raised = errorsOf(await errorOf(scope.close()));
      expect([raised.length, raised[0] === failure, sibling.status]).toEqual([1, true, 'cancelled']);
      expect(unhandled).toEqual([]);
    });

    it('gives it to whoever waits, whatever the code of the child is', async () => {
      const failure = make();
      const fail = (): never => {
        throw failure;
      };
      const calls = [
        tamed(fail),
        tamed(async () => {
          await sleep(0);
          fail();
        }),
        tamed(function* () {
          yield* sleep(0);
          fail();
        }),
        tamed(async function* () {
          await sleep(0);
          yield 1;
          fail();
        }),
        () => AsyncScope.run(fail),
        () => throwError(() => failure),
      ];

      for (const call of calls) {
        const scope = new AsyncScope();
        const heard: boolean[] = [];
        await scope.start(call()).then(undefined, (error: unknown) => void heard.push(error === failure));
        await scope.close();

        expect(heard).toEqual([true]);
      }
      expect(unhandled).toEqual([]);
    });
  });

  describe(`A cleanup that throws ${what}`, () => {
    it('keeps no other child from its cleanup, and the scope closes with it', async () => {
      const failure = make();
      const fail = (): never => {
        throw failure;
      };
      const log: string[] = [];
      const scope = new AsyncScope();
      const cleaning = tamed(function* (cleanup: () => void) {
        try {
          yield* sleep(10_000);
        } finally {
          cleanup();
        }
      });
      scope.start(cleaning(fail));
      scope.start(new Observable(() => fail));
      scope.start(NEVER.pipe(finalize(fail)));
      scope.start(
        tamed(function* () {
          yield* acquire([1], fail);
          yield* sleep(10_000);
        })(),
      );
      scope.start(cleaning(() => log.push('cleaned up')));

      scope.cancel();

      const raised = errorsOf(await errorOf(scope.close()));
      // RxJS looks at what teardowns throw, and throws the error of looking at it.
      expect(raised.length).toBe(4);
      expect(raised.filter((each) => each === failure).length).toBeGreaterThanOrEqual(2);
      expect(log).toEqual(['cleaned up']);
    });
  });
}

describe('A program whose own stack traces throw', () => {
  // Node has one; a browser need not.
  const before = Error.prepareStackTrace as typeof Error.prepareStackTrace | undefined;

  afterEach(() => {
    Object.assign(Error, { prepareStackTrace: before });
  });

  it('hears of the failure all the same', async () => {
    const scope = new AsyncScope();
    const sibling = scope.start(sleep(10_000));
    const failure = new Error('Oh no!');
    // For that failure alone: whatever else runs in this process may read the stack of another.
    Error.prepareStackTrace = (error, frames): unknown =>
      error === failure ? oops() : (before?.(error, frames) ?? error.name);

    scope.start(throwError(() => failure));
    const raised = await errorOf(scope.close());

    expect(raised instanceof ScopeError && raised.errors[0] === failure).toBeTrue();
    expect(sibling.status).toBe('cancelled');
  });
});
