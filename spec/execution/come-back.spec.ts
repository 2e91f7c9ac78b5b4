import { Observable, throwError } from 'rxjs';

import {
  abortSignal,
  acquire,
  allSettled,
  AsyncScope,
  type AsyncScopeOptions,
  cleanup,
  type DelayedResult,
  ScopeError,
  sleep,
  tamed,
} from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';

/** What `fetch` does: rejects with the reason of the signal. */
function request(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Waits for a request, in each shape. */
const shapes: Record<string, (signal: AbortSignal) => Observable<unknown>> = {
  'a plain function': tamed((signal: AbortSignal) => request(signal)),
  'an async function': tamed(async (signal: AbortSignal) => await request(signal)),
  'an async function that cleans up': tamed(async (signal: AbortSignal) => {
    try {
      await request(signal);
    } finally {
      await Promise.resolve();
    }
  }),
  'a generator': tamed(function* (signal: AbortSignal) {
    yield* tamed.from(request(signal));
  }),
  'an async generator': tamed(async function* (signal: AbortSignal) {
    yield await request(signal);
  }),
  'an Observable': (signal) =>
    new Observable((subscriber) => {
      signal.addEventListener('abort', () => subscriber.error(signal.reason));
    }),
  'a run': (signal) => AsyncScope.run(async () => await request(signal)),
};

const reasons: Record<string, unknown> = {
  'no reason': undefined,
  'a reason': new Error('The page has gone.'),
};

async function closing(options: AsyncScopeOptions, test: (scope: AsyncScope) => unknown): Promise<unknown> {
  let raised: unknown = 'not closed';
  await runMarblesAsync(async () => {
    const scope = new AsyncScope(options);
    await test(scope);
    raised = await scope.close().catch((error: unknown) => error);
  });
  return raised;
}

for (const [shape, waitFor] of Object.entries(shapes)) {
  for (const [why, reason] of Object.entries(reasons)) {
    describe(`A deliberate cancel, for ${why}, of ${shape}`, () => {
      it('that took the signal of its scope is no failure', async () => {
        const raised = await closing({}, async (scope) => {
          scope.start(waitFor(scope.signal));
          await sleep(1);
          scope.cancel(reason);
        });

        expect(raised).toBeUndefined();
      });

      it('that took the signal given to the scope is no failure, whoever listened first', async () => {
        const controller = new AbortController();
        const call = waitFor(controller.signal);
        const eager = new Observable((subscriber) => call.subscribe(subscriber));

        const raised = await closing({ signal: controller.signal }, async (scope) => {
          scope.start(eager);
          await sleep(1);
          controller.abort(reason);
        });

        expect(raised).toBeUndefined();
      });

      it('that took the signal of the call around it is no failure', async () => {
        const raised = await closing({}, async (scope) => {
          const around = tamed(function* () {
            yield* tamed.from(waitFor(abortSignal()));
          });
          scope.start(around());
          await sleep(1);
          scope.cancel(reason);
        });

        expect(raised).toBeUndefined();
      });
    });
  }

  describe(`A timeout that cancels ${shape}`, () => {
    it('is raised by itself, though that took the signal of the scope', async () => {
      const raised = await closing({ timeout: 5 }, (scope) => {
        scope.start(waitFor(scope.signal));
      });

      expect((raised as Error).name).toBe('TimeoutError');
    });
  });

  describe(`The error of a body beside ${shape}`, () => {
    it('is rethrown as it is, though that took the signal of the scope', async () => {
      const failure = new Error('Oh no!');
      let raised: unknown;

      await runMarblesAsync(async () => {
        raised = await AsyncScope.run(function* (scope) {
          scope.start(waitFor(scope.signal));
          yield* sleep(1);
          throw failure;
        }).catch((error: unknown) => error);
      });

      expect(raised).toBe(failure);
    });
  });
}

describe('What is no cancel come back', () => {
  it('is an abort that nobody did here', async () => {
    const raised = await closing({}, (scope) => {
      scope.start(Promise.reject(new DOMException('Aborted elsewhere.', 'AbortError')));
    });

    expect(raised).toBeInstanceOf(ScopeError);
  });

  onlyWhere.contextIsCarried.it('is an abort that reached the code before the cancel', async () => {
    const abort = new DOMException('Aborted elsewhere.', 'AbortError');

    const raised = await closing({ errorMode: 'continue' }, async (scope) => {
      const failing = tamed(() => Promise.reject(abort));
      scope.start(
        tamed(async () => {
          try {
            await failing();
          } finally {
            await sleep(5).catch(() => undefined);
          }
        })(),
      );
      await sleep(1);
      scope.cancel();
    });

    expect((raised as ScopeError).errors).toEqual([abort]);
  });

  it('is another error while it unwinds', async () => {
    const failure = new Error('Oh no!');

    const raised = await closing({}, async (scope) => {
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(10);
          } finally {
            throw failure;
          }
        })(),
      );
      await sleep(1);
      scope.cancel();
    });

    expect((raised as ScopeError).errors).toEqual([failure]);
  });
});

describe('An error that reached the code before the cancel', () => {
  const abort = new DOMException('Aborted elsewhere.', 'AbortError');
  const ended = tamed(function* () {
    try {
      yield* tamed.from(throwError(() => abort));
    } finally {
      yield* cleanup(sleep(5));
    }
  });

  const rethrowing = tamed(function* () {
    const [outcome] = yield* allSettled([tamed.from(throwError(() => abort))]);
    try {
      throw (outcome as PromiseRejectedResult).reason;
    } finally {
      yield* cleanup(sleep(5));
    }
  });

  for (const [place, call] of Object.entries({
    'in a child': ended(),
    'by an outcome of allSettled()': rethrowing(),
    'in a call that the body of a run has returned': AsyncScope.run(() => ended()),
    'in a call that a function has returned to the body of a run': AsyncScope.run(() =>
      tamed(() => ended())(),
    ),
    'in what is to be a resource': tamed(function* () {
      yield* acquire(ended(), () => undefined);
    })(),
  })) {
    it(`is no cancel come back: ${place}`, async () => {
      const raised = await closing({}, async (scope) => {
        scope.start(call);
        await sleep(1);
        scope.cancel();
      });

      expect((raised as ScopeError).errors).toEqual([abort]);
    });
  }
});

describe('A cleanup that waits for a result which another scope has cancelled', () => {
  it('is no failure, in a generator and in an async function', async () => {
    const raised = await closing({}, async (scope) => {
      const other = new AsyncScope();
      const cancelled = other.start(sleep(100));
      other.cancel();
      const generator = tamed(function* () {
        try {
          yield* sleep(10);
        } finally {
          yield* cancelled;
        }
      });
      const asyncFunction = tamed(async () => {
        try {
          await sleep(10);
        } finally {
          await cancelled;
        }
      });
      scope.start(generator());
      scope.start(asyncFunction());
      await sleep(1);
      scope.cancel();
    });

    expect(raised).toBeUndefined();
  });
});

describe('A cleanup that waits for the failed result which has caused the cancel', () => {
  for (const [shape, cleaningUp] of Object.entries({
    'a generator': tamed(function* (failed: DelayedResult<unknown>) {
      try {
        yield* sleep(10);
      } finally {
        yield* failed;
      }
    }),
    'an async function': tamed(async (failed: DelayedResult<unknown>) => {
      try {
        await sleep(10);
      } finally {
        await failed;
      }
    }),
  })) {
    const specify = shape === 'a generator' ? it : onlyWhere.contextIsCarried.it;
    specify(`does not lose that failure, though a signal was aborted with it: ${shape}`, async () => {
      const failure = new Error('Oh no!');

      const raised = await closing({}, async (scope) => {
        scope.signal.addEventListener('abort', () => undefined);
        const failed = scope.start(
          tamed(async () => {
            await sleep(1);
            throw failure;
          })(),
        );
        scope.start(cleaningUp(failed));
      });

      expect((raised as ScopeError).errors).toEqual([failure]);
    });
  }
});
