import { delay, of, switchMap, take, timer } from 'rxjs';

import { abortSignal, AsyncScope, CancelledError, sleep, tamed } from '../../src/index.ts';

/** The signal of the call whose code is running; undefined where that is not known. */
function current(): AbortSignal | undefined {
  try {
    return abortSignal();
  } catch {
    return undefined;
  }
}

/** A promise of somebody else's. */
function foreign(ms = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A moment that code tells, and that other code waits for. */
function moment(): { readonly reached: Promise<void>; readonly reach: () => void } {
  let reach!: () => void;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  return { reached, reach };
}

describe('The current call in a browser', () => {
  describe('is known', () => {
    it('in a generator, at every step', async () => {
      const call = tamed(function* () {
        const seen = [current()];
        yield* sleep(1);
        seen.push(current());
        yield* tamed.from(foreign());
        seen.push(current());
        yield* tamed(async () => foreign())();
        seen.push(current());
        return seen;
      });

      const seen = await call();

      expect(seen[0]).toBeInstanceOf(AbortSignal);
      expect(new Set(seen)).toHaveSize(1);
    });

    it('in an async function before its first await, also in what that calls', async () => {
      const helper = async (): Promise<AbortSignal | undefined> => current();
      const call = tamed(async () => {
        const own = current();
        const ofHelper = helper();
        return [own, await ofHelper];
      });

      const [own, ofHelper] = await call();

      expect(own).toBeInstanceOf(AbortSignal);
      expect(ofHelper).toBe(own);
    });

    it('in what a function returns, while that is subscribed', async () => {
      const seen: (AbortSignal | undefined)[] = [];
      const call = tamed(() => {
        seen.push(current());
        return timer(1);
      });

      await call();

      expect(seen[0]).toBeInstanceOf(AbortSignal);
    });
  });

  describe('is not known', () => {
    for (const [circumstance, wait] of [
      ['of a call', () => sleep(0)],
      ['of a foreign promise', () => foreign()],
      ['of no promise at all', () => null],
    ] as const) {
      it(`in an async function after an await ${circumstance}, and says what to do`, async () => {
        const call = tamed(async () => {
          await wait();
          return abortSignal();
        });

        await expectAsync(call().then()).toBeRejectedWithError(/before the first "await"/);
      });
    }

    it('in the handlers of a call', async () => {
      const seen: unknown[] = [];

      await tamed(async () => foreign())().then(() => seen.push(current()));

      expect(seen).toEqual([undefined]);
    });

    it('after an await outside, whatever ran meanwhile', async () => {
      await tamed(async () => sleep(1))();

      expect(current()).toBeUndefined();
    });
  });
});

describe('Cancelling an async function in a browser', () => {
  it('interrupts it at its first await: its own code cleans up, and the scope waits', async () => {
    const log: string[] = [];
    const scope = new AsyncScope({ exitMode: 'cancel' });
    scope.start(
      tamed(async () => {
        try {
          await sleep(1000);
        } catch (error) {
          log.push((error as Error).name);
          throw error;
        } finally {
          await foreign(2);
          log.push('cleaned up');
        }
      })(),
    );

    await scope.close();

    expect(log).toEqual(['CancelledError', 'cleaned up']);
  });

  it('lets it go at a later one, and says so', async () => {
    const types: string[] = [];
    const scope = new AsyncScope({ exitMode: 'cancel' });
    scope.events$.subscribe(({ type }) => types.push(type));
    const { reached, reach } = moment();
    scope.start(
      tamed(async () => {
        await sleep(0);
        const second = sleep(20);
        reach();
        await second;
      })(),
    );
    await reached;

    await scope.close();

    expect(types).toEqual(['start', 'cancel', 'abandon', 'cleanup']);
  });

  it('tells one that took its abortSignal() before its first await, wherever it stands, and waits for it', async () => {
    const log: string[] = [];
    const { reached, reach } = moment();
    const scope = new AsyncScope({ exitMode: 'cancel' });
    scope.start(
      tamed(async () => {
        const signal = abortSignal();
        await sleep(1);
        reach();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await foreign(2);
        log.push('cleaned up');
      })(),
    );
    await reached;

    await scope.close();

    expect(log).toEqual(['cleaned up']);
  });

  it('interrupts one at which a generator stands, after any number of steps', async () => {
    const errors: unknown[] = [];
    const { reached, reach } = moment();
    const scope = new AsyncScope({ exitMode: 'cancel' });
    const step = tamed(async () => {
      reach();
      await sleep(1000).catch((error: unknown) => errors.push(error));
    });
    scope.start(
      tamed(function* () {
        yield* sleep(1);
        yield* tamed.from(foreign());
        yield* step();
      })(),
    );
    await reached;

    await scope.close();

    expect(errors).toEqual([jasmine.any(CancelledError)]);
  });

  it('cancels the scopes that it made before its first await, and no other', async () => {
    const made: AsyncScope[] = [];
    const { reached, reach } = moment();
    const scope = new AsyncScope({ exitMode: 'cancel' });
    scope.start(
      tamed(async () => {
        made.push(new AsyncScope());
        await sleep(1);
        made.push(new AsyncScope());
        reach();
        await foreign(20);
      })(),
    );
    await reached;

    await scope.close();

    expect(made.map(({ cancelled }) => cancelled)).toEqual([true, false]);
  });

  it('leaves the body of a run going that was told of the failure', async () => {
    const fails = tamed(function* () {
      yield* sleep(1);
      throw new Error('Oh no!');
    });

    const value = await AsyncScope.run(async (scope) => {
      await sleep(1);
      await scope.start(fails()).catch(() => undefined);
      await foreign(1);
      return 'handled';
    }).catch((error: unknown) => String(error));

    expect(value).toBe('handled');
  });
});

describe('An async function in a browser', () => {
  /** Waits for what `wait` makes, at its first await or at its second. */
  const waits = tamed(async (wait: () => PromiseLike<unknown>, late: boolean) => {
    if (late) {
      await sleep(0);
    }
    await wait();
  });

  for (const [when, late, status] of [
    ['first', false, 'succeeded'],
    ['second', true, 'cancelled'],
  ] as const) {
    it(`${late ? 'keeps' : 'gives up'} its place while it waits for a queued child at its ${when} await`, async () => {
      const scope = new AsyncScope({ concurrency: 1, timeout: late ? 20 : 60_000 });
      const result = scope.start(waits(() => scope.start(timer(1)), late));

      await scope.close().catch(() => undefined);

      expect(result.status).toBe(status);
    });
  }

  for (const [when, late, name] of [
    ['is refused', false, 'BlockingError'],
    ['is not refused, and waits forever, at its second await', true, 'TimeoutError'],
  ] as const) {
    it(`that waits for its own scope to close ${when}`, async () => {
      const scope = new AsyncScope({ timeout: late ? 20 : 60_000 });
      const result = scope.start(waits(() => scope.close(), late));

      const error = await Promise.resolve(result).catch((reason: unknown) => reason);
      await scope.close().catch(() => undefined);

      expect((((error as Error).cause as Error | undefined) ?? (error as Error)).name).toBe(name);
    });
  }
});

describe('A call under operators in a browser', () => {
  it('belongs to the child under which it was subscribed at once, whose scope waits for its cleanup', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.start(patient(log).pipe(take(1)));

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['cleaned up']);
  });

  it('has cleaned up when its scope has closed, if that cancels it, whenever it was subscribed', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.start(
      of(1).pipe(
        delay(1),
        switchMap(() => patient(log)),
      ),
    );
    await sleep(5);

    scope.cancel();
    await scope.close();

    expect(log).toEqual(['cleaned up']);
  });

  it('is waited for by nobody, if an operator subscribes it later, and ends it, too', async () => {
    const log: string[] = [];
    const scope = new AsyncScope();
    scope.start(
      timer(0, 1).pipe(
        switchMap((n) => (n === 0 ? patient(log) : of(n))),
        take(1),
      ),
    );

    await scope.close();
    log.push('closed');
    await sleep(10);

    expect(log).toEqual(['closed', 'cleaned up']);
  });
});

const patient = (log: string[]) =>
  tamed(function* () {
    try {
      yield* sleep(Infinity);
    } finally {
      yield* sleep(2);
      log.push('cleaned up');
    }
  })();
