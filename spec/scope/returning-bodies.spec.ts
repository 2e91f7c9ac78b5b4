import { AsyncScope, CancelledError, sleep, tamed } from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { patient } from './bodies.ts';

type Body = (scope: AsyncScope) => unknown;

function* work(scope: AsyncScope): Generator<never, string> {
  yield* sleep(1);
  scope.cancel();
  return 'first';
}

async function asyncWork(scope: AsyncScope): Promise<string> {
  await sleep(1);
  scope.cancel();
  return 'first';
}

/** Bodies that cancel their scope and return all the same. */
const bodies: Record<string, Body> = {
  'a generator function': work,
  'a plain function that returns a generator': (scope) => work(scope),
  'a tamed generator function': tamed(work),
  'a plain function that returns a call': (scope) => tamed(work)(scope),
  'a plain function that returns the call of an async function': (scope) => tamed(asyncWork)(scope),
  'a tamed async function': tamed(asyncWork),
  'a tamed function that returns a generator': tamed((scope: AsyncScope) => work(scope)),
  'an async function': asyncWork,
  'a plain function that returns a run': (scope) => AsyncScope.run(() => work(scope)),
  'a plain function that returns the run of an async function': (scope) =>
    AsyncScope.run(() => asyncWork(scope)),
};

for (const [shape, body] of Object.entries(bodies)) {
  describe(`The body of a run, ${shape},`, () => {
    it('has succeeded, if it cancels its scope and returns all the same', async () => {
      let outcome: unknown;

      await runMarblesAsync(async () => {
        outcome = await AsyncScope.run(body).catch((error: unknown) => error);
      });

      expect(outcome).toBe('first');
    });

    it('is cut off, if a child cancels the scope while it waits', async () => {
      let outcome: unknown;

      await runMarblesAsync(async () => {
        outcome = await AsyncScope.run((scope) => {
          scope.start(tamed(() => scope.cancel())());
          return body(scope);
        }).catch((error: unknown) => error);
      });

      expect(outcome).toBeInstanceOf(CancelledError);
    });
  });
}

/** Bodies that note when they unwind. */
function* unwinding(log: string[]): Generator<never, void> {
  try {
    yield* sleep(Infinity);
  } finally {
    log.push('body');
  }
}

async function asyncUnwinding(log: string[]): Promise<void> {
  try {
    await sleep(Infinity);
  } finally {
    log.push('body');
  }
}

async function* streamUnwinding(log: string[]): AsyncGenerator<void> {
  try {
    await sleep(Infinity);
    yield;
  } finally {
    log.push('body');
  }
}

const unwindingBodies: Record<string, (log: string[]) => unknown> = {
  'a generator': unwinding,
  'a promise': asyncUnwinding,
  'an async generator': streamUnwinding,
  'the call of a generator': tamed(unwinding),
  'the call of an async function': tamed(asyncUnwinding),
  'the call of an async generator': tamed(streamUnwinding),
  'the call of a plain function that returns a generator': tamed((log: string[]) => unwinding(log)),
};

for (const [shape, body] of Object.entries(unwindingBodies)) {
  describe(`The body of a run that is cancelled, a function that returns ${shape},`, () => {
    it('unwinds when the children have cleaned up', async () => {
      const log: string[] = [];

      await runMarblesAsync(async () => {
        const running = AsyncScope.run((scope) => {
          scope.start(patient('child', log, 3));
          sleep(1).subscribe(() => scope.cancel());
          return body(log);
        });
        await expectAsync(running.then()).toBeRejectedWithError(CancelledError);
      });

      expect(log).toEqual(['child', 'body']);
    });
  });
}

describe('What a plain function returns as the body of a run', () => {
  it('fails the run with its own error, if it cancels its scope and throws', async () => {
    const failure = new Error('Oh no!');
    let outcome: unknown;

    await runMarblesAsync(async () => {
      outcome = await AsyncScope.run((scope) =>
        tamed(function* (): Generator<never> {
          yield* sleep(1);
          scope.cancel();
          throw failure;
        })(),
      ).catch((error: unknown) => error);
    });

    expect(outcome).toBe(failure);
  });
});
