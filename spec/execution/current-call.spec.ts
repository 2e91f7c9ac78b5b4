import { concatMap, delay, from, interval, map, NEVER, Observable, of, Subject, take, timer } from 'rxjs';

import { abortSignal, AsyncScope, CancelledError, sleep, tamed } from '../../src/index.ts';
import { onlyWhere } from '../support/runtime.ts';

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

describe('The current call', () => {
  describe('is known in a generator', () => {
    it('at every step: of a call, of a result, of a promise, in what it delegates to, and in its blocks', async () => {
      const seen: (AbortSignal | undefined)[] = [];
      const scope = new AsyncScope();
      function* helper(): Generator<never, void> {
        seen.push(current());
        yield* sleep(0);
        seen.push(current());
      }
      const call = tamed(function* () {
        seen.push(current());
        yield* sleep(0);
        seen.push(current());
        yield* scope.start(timer(0));
        seen.push(current());
        yield* tamed.from(Promise.resolve());
        seen.push(current());
        yield* helper();
        try {
          yield* tamed.from(foreign().then(() => Promise.reject(new Error('Oh no!'))));
        } catch {
          seen.push(current());
        } finally {
          yield* sleep(0);
          seen.push(current());
        }
        return current();
      });

      const signal = await call();

      expect(signal).toBeInstanceOf(AbortSignal);
      expect(seen).toEqual(Array.from({ length: 8 }, () => signal));
    });

    it('while it unwinds', () => {
      const seen: (AbortSignal | undefined)[] = [];
      const call = tamed(function* () {
        seen.push(current());
        try {
          yield* sleep(Infinity);
        } finally {
          seen.push(current());
        }
      });

      call().subscribe().unsubscribe();

      expect(seen[0]).toBeInstanceOf(AbortSignal);
      expect(seen[1]).toBe(seen[0]);
    });

    it('that is resumed by the end of an async function, which is another call', async () => {
      const inner = tamed(async () => {
        await foreign();
        return current();
      });
      const outer = tamed(function* () {
        const before = current();
        const ofInner = yield* inner();
        return [before === current(), ofInner === before];
      });

      expect(await outer()).toEqual([true, false]);
    });

    onlyWhere.contextIsCarried.it(
      'also in an async helper that it calls, whoever has begun or resumed the generator',
      async () => {
        const gate = new Subject<void>();
        const independent = new AsyncScope();
        async function helper(): Promise<AbortSignal | undefined> {
          await foreign();
          return current();
        }
        const generator = tamed(function* () {
          const own = current();
          const first = yield* tamed.from(helper());
          yield* tamed.from(gate.pipe(take(1)));
          return [first === own, (yield* tamed.from(helper())) === own];
        });
        const begins = tamed(async () => {
          await foreign();
          return { result: independent.start(generator()) };
        });
        const resumes = tamed(async () => {
          await foreign(5);
          gate.next();
          await foreign(5);
        });

        const { result } = await begins();
        await resumes();

        expect(await result).toEqual([true, true]);
      },
    );

    it('that is resumed out of the code of another call', async () => {
      const gate = new Subject<void>();
      const waits = tamed(function* () {
        const before = current();
        yield* tamed.from(gate.pipe(take(1)));
        return current() === before;
      });
      const opens = tamed(async () => {
        await foreign();
        gate.next();
        await foreign();
      });

      const [same] = await tamed.all([waits(), opens()]);

      expect(same).toBeTrue();
    });
  });

  describe('is known in an async function', () => {
    onlyWhere.contextIsCarried.it(
      'before its first await and after each: of a call, of a result, of foreign promises',
      async () => {
        const scope = new AsyncScope();
        const call = tamed(async () => {
          const seen = [current()];
          await sleep(0);
          seen.push(current());
          await scope.start(timer(0));
          seen.push(current());
          await foreign();
          seen.push(current());
          await null;
          seen.push(current());
          await Promise.all([sleep(1), foreign(1)]);
          seen.push(current());
          for await (const value of tamed.from([1])) {
            seen.push(value === 1 ? current() : undefined);
          }
          return seen;
        });

        const seen = await call();

        expect(seen[0]).toBeInstanceOf(AbortSignal);
        expect(new Set(seen).size).toBe(1);
      },
    );

    onlyWhere.contextIsCarried.it(
      'in plain functions that it calls, before and after their awaits',
      async () => {
        async function helper(): Promise<(AbortSignal | undefined)[]> {
          const before = current();
          await foreign();
          return [before, current()];
        }
        const call = tamed(async () => [current(), ...(await helper())]);

        const seen = await call();

        expect(seen[0]).toBeInstanceOf(AbortSignal);
        expect(new Set(seen).size).toBe(1);
      },
    );

    onlyWhere.contextIsCarried.it('while it unwinds', async () => {
      const seen: (AbortSignal | undefined)[] = [];
      const scope = new AsyncScope({ exitMode: 'cancel' });
      const call = tamed(async () => {
        seen.push(current());
        try {
          await sleep(Infinity);
        } finally {
          seen.push(current());
          await foreign();
          seen.push(current());
        }
      });
      scope.start(call());

      await scope.close();

      expect(seen[0]).toBeInstanceOf(AbortSignal);
      expect(seen).toEqual([seen[0], seen[0], seen[0]]);
    });

    onlyWhere.contextIsCarried.it('in an async generator, between its values', async () => {
      const seen: (AbortSignal | undefined)[] = [];
      const call = tamed(async function* () {
        seen.push(current());
        yield 1;
        seen.push(current());
        await foreign();
        seen.push(current());
        yield 2;
      });

      await call();

      expect(seen[0]).toBeInstanceOf(AbortSignal);
      expect(seen).toEqual([seen[0], seen[0], seen[0]]);
    });

    onlyWhere.contextIsCarried.it('apart from others that run at the same time', async () => {
      const call = tamed(async () => {
        const before = current();
        for (let i = 0; i < 3; i++) {
          await sleep(0);
          await foreign();
        }
        return [before, current()];
      });

      const [one, another] = await tamed.all([call(), call()]);

      expect([one[0] === one[1], another[0] === another[1], one[0] === another[0]]).toEqual([
        true,
        true,
        false,
      ]);
    });

    onlyWhere.contextIsCarried.it('again after a call that it awaited, and that had its own', async () => {
      const inner = tamed(async () => {
        await foreign();
        return current();
      });
      const call = tamed(async () => {
        const before = current();
        const ofInner = await inner();
        return [current() === before, ofInner === before];
      });

      expect(await call()).toEqual([true, false]);
    });
  });

  describe('is known in an Observable', () => {
    it('that a tamed function has returned, while it is subscribed', () => {
      const seen: (AbortSignal | undefined)[] = [];
      const call = tamed(() => {
        seen.push(current());
        return new Observable(() => {
          seen.push(current());
        });
      });

      call().subscribe();

      expect(seen[0]).toBeInstanceOf(AbortSignal);
      expect(seen[1]).toBe(seen[0]);
    });

    it('in what an operator subscribes later, so that it belongs to the same child', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const patient = tamed(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* sleep(2);
          log.push('cleaned up');
        }
      });
      scope.start(of(1).pipe(delay(1), concatMap(patient)));
      await sleep(4);

      scope.cancel();
      await scope.close();

      expect(log).toEqual(['cleaned up']);
    });
  });

  describe('is not known', () => {
    it('outside, and stays so after an await of a call', async () => {
      const before = current();
      await tamed(async () => foreign())();

      expect([before, current()]).toEqual([undefined, undefined]);
    });

    it('in the handlers of a call that is awaited outside: it does not leak through an internal then()', async () => {
      const seen: unknown[] = [];
      const call = tamed(async () => {
        await sleep(0);
        await foreign();
      });

      await call().then(() => seen.push(current()));
      await call().finally(() => seen.push(current()));
      await tamed(() => Promise.reject(new Error('Oh no!')))().catch(() => seen.push(current()));

      expect(seen).toEqual([undefined, undefined, undefined]);
    });

    it('to an observer outside, when an async function ends: it does not leak through an internal then()', async () => {
      const seen: unknown[] = [];
      const scope = new AsyncScope();
      const call = tamed(async () => {
        await foreign();
      });

      call().subscribe({ next: () => seen.push(current()), complete: () => seen.push(current()) });
      scope
        .start(call())
        .subscribe({ next: () => seen.push(current()), complete: () => seen.push(current()) });
      scope.events$.subscribe(() => seen.push(current()));
      await scope.close();
      await sleep(1);

      expect(seen).toEqual(Array.from({ length: 6 }, () => undefined));
    });

    it('to an observer outside of what a call emits from its own code', () => {
      const seen: unknown[] = [];
      const call = tamed(() => from([1, 2]));

      call().subscribe(() => seen.push(current()));

      expect(seen).toEqual([undefined, undefined]);
    });

    it('to an observer inside another call than the one that subscribed', async () => {
      const scope = new AsyncScope();
      const call = tamed(async () => {
        const own = current();
        const inner = new AsyncScope();
        const known: boolean[] = [];
        inner.start(tamed(async () => foreign())()).subscribe(() => known.push(current() === own));
        await inner.close();
        return known;
      });

      expect(await scope.start(call())).toEqual([true]);
    });

    it('to a child that begins where another has ended', async () => {
      const made: AsyncScope[] = [];
      const scope = new AsyncScope({ concurrency: 1, errorMode: 'continue' });
      scope.start(tamed(async () => foreign())());
      scope.start(
        new Observable((subscriber) => {
          made.push(new AsyncScope());
          subscriber.complete();
        }),
      );
      await scope.close();

      scope.cancel();

      expect(made[0]!.cancelled).toBeFalse();
    });

    it('in what a function left with a timer, when it has ended', async () => {
      const seen: unknown[] = [];
      const call = tamed(async () => {
        setTimeout(() => seen.push(current()), 5);
        await foreign();
        setTimeout(() => seen.push(current()), 5);
      });

      await call();
      await sleep(15);

      expect(seen).toEqual([undefined, undefined]);
    });

    it('in the timer of a scope whose time has run out', async () => {
      const seen: unknown[] = [];
      const call = tamed(async () => {
        await foreign();
        const scope = new AsyncScope({ timeout: 2 });
        scope.start(NEVER).subscribe({ complete: () => seen.push(current()) });
        scope.signal.addEventListener('abort', () => seen.push(current()));
        await scope.close().catch(() => undefined);
        return current();
      });

      const own = await call();

      expect(seen).toEqual([undefined, own]);
    });
  });

  onlyWhere.contextIsCarried.it(
    'decides who is cancelled: what a call awaits after its first await ends with it',
    async () => {
      const scope = new AsyncScope();
      const errors: unknown[] = [];
      const call = tamed(async () => {
        await foreign();
        await sleep(Infinity).catch((error: unknown) => errors.push(error));
      });
      scope.start(call());
      await foreign(5);

      scope.cancel();
      await scope.close();

      expect(errors).toEqual([jasmine.any(CancelledError)]);
    },
  );

  it('is that of an interval() in it no longer than it runs', async () => {
    const seen: unknown[] = [];
    const call = tamed(async () => {
      const subscription = interval(1)
        .pipe(
          take(20),
          map(() => current()),
        )
        .subscribe((signal) => seen.push(signal === undefined));
      await foreign(5);
      return subscription;
    });

    await call();
    await foreign(40);

    expect(seen.at(-1)).toBeTrue();
  });
});
