import { defaultIfEmpty, NEVER, takeUntil, timer } from 'rxjs';

import { abortSignal, AsyncScope, sleep, tamed } from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';
import { errorOf, errorsOf } from '../support/outcome.ts';
import { later } from './calls.ts';
import { standing } from './promises.ts';

describe('Cancelling an async function that took its abort signal', () => {
  it('aborts that, and does not let it go', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.events$.subscribe(({ type }) => log.push(type));
    scope.start(
      tamed(async () => {
        const signal = abortSignal();
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => setTimeout(resolve, 5));
        });
        log.push('settles');
      })(),
    );

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['start', 'cancel', 'settles', 'cleanup']);
  });

  it('discards the reason of the abort, come back as an error', async () => {
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await rejectedBy(abortSignal());
      })(),
    );

    scope.cancel(new Error('reason'));

    await expectAsync(scope.close().then()).toBeResolved();
  });

  it('discards an AbortError that somebody made of it', async () => {
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        const signal = abortSignal();
        await rejectedBy(signal).catch(() => {
          throw new DOMException('made by a library', 'AbortError');
        });
      })(),
    );

    scope.cancel(new Error('reason'));

    await expectAsync(scope.close().then()).toBeResolved();
  });

  it('counts every other error', async () => {
    const failure = new Error('of a library');
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        const signal = abortSignal();
        await rejectedBy(signal).catch(() => {
          throw failure;
        });
      })(),
    );

    scope.cancel();

    expect(errorsOf(await errorOf(scope.close()))).toEqual([failure]);
  });

  it('counts no AbortError, whatever signal it came from', async () => {
    const failure = new DOMException('of something else', 'AbortError');
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await sleep(Infinity).catch(() => {
          throw failure;
        });
      })(),
    );
    await standing();

    scope.cancel();

    await expectAsync(scope.close()).toBeResolved();
  });

  it('interrupts it all the same at a tamed call that it had come to in that very tick', async () => {
    const log: string[] = [];
    const scope = new AsyncScope({ exitMode: 'cancel' });
    scope.start(
      tamed(async () => {
        abortSignal();
        try {
          await sleep(Infinity);
        } finally {
          await sleep(1);
          log.push('cleaned up');
        }
      })(),
    );

    await scope.close();

    expect(log).toEqual(['cleaned up']);
  });

  onlyWhere.contextIsCarried.it(
    'lets it wait as usual from then on, also while its children still clean up',
    async () => {
      const log: string[] = [];
      const run = AsyncScope.run(async (scope) => {
        scope.start(cleaningUp(1, log));
        await sleep(1);
        scope.cancel();
        abortSignal();
        await AsyncScope.run(function* () {
          yield* sleep(10);
          log.push('body ends');
        });
        return 'value';
      });

      expect(await run).toBe('value');
      expect(log).toEqual(['child ends', 'body ends']);
    },
  );

  it('has told it by that, so its next tamed await is an ordinary one', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        await rejectedBy(abortSignal()).catch(() => undefined);
        log.push(await later('awaited', 1));
      })(),
    );

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['awaited']);
  });
});

describe('abortSignal()', () => {
  it('throws outside of tamed calls, and says so', () => {
    expect(() => abortSignal()).toThrowError(/no tamed call/);
  });

  it('is one signal for one call, and another for another', () => {
    const signals: AbortSignal[] = [];
    const take = tamed(() => void signals.push(abortSignal(), abortSignal()));

    take().subscribe();
    take().subscribe();

    expect(signals[0]).toBe(signals[1]);
    expect(signals[2]).not.toBe(signals[0]);
  });

  it('aborts when the call is cancelled, with an AbortError', () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(taking(signals));

    scope.cancel();

    expect(signals[0]!.aborted).toBeTrue();
    expect((signals[0]!.reason as Error).name).toBe('AbortError');
  });

  it('aborts with the reason, where there is one', () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(taking(signals));

    scope.cancel('reason');

    expect(signals[0]!.reason).toBe('reason');
  });

  it('aborts before the call unwinds', () => {
    const log: boolean[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        const signal = abortSignal();
        try {
          yield* sleep(Infinity);
        } finally {
          log.push(signal.aborted);
        }
      })(),
    );

    scope.cancel();

    expect(log).toEqual([true]);
  });

  it('has aborted for who takes it in a finally block after a cancel', () => {
    const log: boolean[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          log.push(abortSignal().aborted);
        }
      })(),
    );

    scope.cancel();

    expect(log).toEqual([true]);
  });

  onlyWhere.contextIsCarried.it('has aborted in the finally block of an async function, too', async () => {
    const log: boolean[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        try {
          await sleep(Infinity);
        } finally {
          log.push(abortSignal().aborted);
        }
      })(),
    );
    await standing();

    scope.cancel();
    await scope.close();

    expect(log).toEqual([true]);
  });

  it('does not abort at a normal end', async () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(async () => {
        signals.push(abortSignal());
        await sleep(1);
      })(),
    );

    await scope.close();
    scope.cancel();

    expect(signals[0]!.aborted).toBeFalse();
  });

  it('does not abort at a failure', async () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(() => {
        signals.push(abortSignal());
        throw new Error('failure');
      })(),
    );

    await errorOf(scope.close());

    expect(signals[0]!.aborted).toBeFalse();
  });

  it('does not abort when something that the call waited for is torn down', async () => {
    const signals: AbortSignal[] = [];
    const inner: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        signals.push(abortSignal());
        yield* tamed.from(taking(inner).pipe(takeUntil(timer(1)), defaultIfEmpty(undefined)));
        yield* sleep(1);
      })(),
    );

    await scope.close();

    expect(inner[0]!.aborted).toBeTrue();
    expect(signals[0]!.aborted).toBeFalse();
  });

  it('is that of the call whose code subscribes an Observable', () => {
    const signals: AbortSignal[] = [];
    const scope = new AsyncScope();
    scope.start(
      tamed(() => {
        signals.push(abortSignal());
        return NEVER;
      })(),
    );

    scope.cancel();

    expect(signals[0]!.aborted).toBeTrue();
  });

  it('is that of the body in a run', async () => {
    const signals: AbortSignal[] = [];
    const run = AsyncScope.run((scope) => {
      signals.push(abortSignal());
      scope.cancel('reason');
    });

    await run;

    expect(signals[0]!.reason).toBe('reason');
  });
});

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

/** Takes its signal, and waits. */
const taking = tamed(function* (signals: AbortSignal[]) {
  signals.push(abortSignal());
  yield* sleep(Infinity);
});

/** A child that takes `ms` to clean up. */
const cleaningUp = tamed(function* (ms: number, log: string[]) {
  try {
    yield* sleep(1e6);
  } finally {
    yield* sleep(ms);
    log.push('child ends');
  }
});
