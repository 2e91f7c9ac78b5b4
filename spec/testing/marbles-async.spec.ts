import { animationFrameScheduler, asyncScheduler, observeOn, timer } from 'rxjs';

import { sleep, tamed } from 'async-tamer';
import { runMarblesAsync } from 'async-tamer/testing';
import { onlyWhere } from '../support/runtime.ts';
import { load } from './calls.ts';

async function rejection(run: Promise<unknown>): Promise<string> {
  return await run.then(
    () => 'nothing',
    (error: unknown) => (error as Error).message,
  );
}

describe('runMarblesAsync()', () => {
  it('returns what the test returns, or resolves with', async () => {
    expect(await runMarblesAsync(() => 1)).toBe(1);
    expect(await runMarblesAsync(async () => Promise.resolve(2))).toBe(2);
  });

  it('lets an async function go on in the frame in which what it awaits has settled', async () => {
    await runMarblesAsync(({ scope, expectObservable, expectScope }) => {
      const chain = tamed(async function chain() {
        await sleep(2);
        for (let i = 0; i < 1000; i++) {
          await null;
        }
        const value = await load(3, 'a');
        await new Promise((resolve) => setTimeout(resolve, 5));
        return value;
      });
      const own = scope();

      expectObservable(own.start(chain())).toBe('----------(a|)');
      expectScope(own).toBe(`
        chain  ^---------(a|)
        scope  ----------|
      `);
      void own.close();
    });
  });

  it('lets the test itself await, while time passes', async () => {
    await runMarblesAsync(async ({ scope, cold, expectObservable }) => {
      await using own = scope();
      expectObservable(cold('--a 20ms b|')).toBe('--a 20ms b|');

      const value = await own.start(load(10, 'a'));

      expect([value, Date.now(), asyncScheduler.now(), performance.now()]).toEqual(['a', 10, 10, 10]);
      await sleep(100);
      expect(Date.now()).toBe(110);
    });
  });

  it('runs the callbacks of timers one at a time, and promises between any two of them', async () => {
    const log: string[] = [];

    await runMarblesAsync(() => {
      for (const name of ['a', 'b']) {
        timer(5).subscribe(() => {
          log.push(name);
          void Promise.resolve()
            .then(() => null)
            .then(() => log.push(`${name} promised`));
        });
      }
    });

    expect(log).toEqual(['a', 'a promised', 'b', 'b promised']);
  });

  it('puts the timers of the platform on the clock, and back', async () => {
    const { setTimeout: before, Date: date } = globalThis;
    const now = date.now;
    const log: string[] = [];
    const say = (text: string) => (): number => log.push(`${Date.now()} ${text}`);
    const real = setTimeout(() => log.push('real'), 60_000);

    await runMarblesAsync(async () => {
      setTimeout(say('timeout'), 10);
      const repeated = setInterval(say('interval'), 4);
      clearTimeout(setTimeout(say('never'), 5));
      clearTimeout(real);
      await sleep(9);
      clearInterval(repeated);
      setTimeout(say('odd'), -1);
    });

    expect(log).toEqual(['4 interval', '8 interval', '9 odd', '10 timeout']);
    expect(globalThis.setTimeout).toBe(before);
    expect(Date.now).toBe(now);
    expect(Object.hasOwn(performance, 'now')).toBe(false);
  });

  onlyWhere.nodeIsThere.it(
    'puts setImmediate() on the clock, too, and makes timers with the methods of Node',
    async () => {
      const log: string[] = [];

      await runMarblesAsync(() => {
        setTimeout(() => log.push('timeout'), 1).unref();
        setImmediate(() => log.push('immediate'));
      });

      expect(log).toEqual(['immediate', 'timeout']);
    },
  );

  onlyWhere.nodeIsThere.it('lets a timer begin anew, and end, as those of Node do', async () => {
    const log: string[] = [];
    const say = (text: string) => (): number => log.push(`${Date.now()} ${text}`);

    await runMarblesAsync(async () => {
      const timeout = setTimeout(say('timeout'), 5);
      const repeated = setInterval(say('interval'), 5);
      setTimeout(say('never'), 5).close();
      await sleep(3);
      timeout.refresh();
      repeated.refresh();
      await sleep(6);
      repeated.close();
      timeout.refresh();
      await sleep(6);
      clearTimeout(timeout.refresh());
      timeout.refresh();
    });

    expect(log).toEqual(['8 timeout', '8 interval', '14 timeout']);
  });

  onlyWhere.nodeIsThere.it('puts on the clock what promisify() makes of timers', async () => {
    const { promisify } = process.getBuiltinModule('node:util');

    await runMarblesAsync(async () => {
      expect(await promisify(setTimeout)(5, 'a')).toBe('a');
      expect(await promisify(setImmediate)('b')).toBe('b');
      expect(Date.now()).toBe(5);
    });
  });

  it('lets an interval of the platform wait while its callback blocks', async () => {
    const log: string[] = [];

    await runMarblesAsync(() => {
      const repeated = setInterval(() => {
        log.push(`begins at ${Date.now()}`);
        sleep(12).block();
        log.push(`goes on at ${Date.now()}`);
        if (log.length > 2) {
          clearInterval(repeated);
        }
      }, 5);
    });

    expect(log).toEqual(['begins at 5', 'goes on at 17', 'begins at 17', 'goes on at 29']);
  });

  it('paints when the test says so', async () => {
    await runMarblesAsync(({ animate, cold, expectObservable }) => {
      animate('---x---x');

      expectObservable(cold('-a').pipe(observeOn(animationFrameScheduler))).toBe('---a');
    });
  });

  it('flushes in the middle of a test', async () => {
    const message = await rejection(
      runMarblesAsync(async ({ cold, expectObservable, flush }) => {
        expectObservable(cold('--a|')).toBe('--a|');
        await flush();
        expect(Date.now()).toBe(3);
        expectObservable(cold('--a|')).toBe('--a|');
        await flush();
      }),
    );

    expect(message).toContain('  expected  --a|\n  actual    -----a|');
  });

  it('lets go in the same frame whom nothing can tell', async () => {
    await runMarblesAsync(async ({ scope, expectScope }) => {
      const never = tamed(async function never() {
        await new Promise(() => {});
      });
      const own = scope();
      own.start(never());
      await sleep(2);
      own.cancel();
      await own.close();

      expect(Date.now()).toBe(2);
      expectScope(own).toBe(`
        never  ^-(!?.)
        scope  --(!|)
      `);
    });
  });

  it('rejects with what the test rejects with', async () => {
    expect(await rejection(runMarblesAsync(() => Promise.reject(new Error('mine'))))).toBe('mine');
    expect(
      await rejection(
        runMarblesAsync(() => {
          throw new Error('at once');
        }),
      ),
    ).toBe('at once');
  });

  it('rejects with what a timer throws', async () => {
    const message = await rejection(
      runMarblesAsync(async () => {
        timer(5).subscribe(() => {
          throw new Error('at 5');
        });
        await new Promise(() => {});
      }),
    );

    expect(message).toBe('at 5');
  });

  it('says when the test itself waits for what never comes', async () => {
    const message = await rejection(
      runMarblesAsync(async () => {
        await new Promise(() => {});
      }),
    );

    expect(message).toMatch(/^The test itself still waits for a promise, and nothing is due/);
  });

  it('names an async function that waits for what never comes', async () => {
    const never = tamed(async function never() {
      await new Promise(() => {});
    });

    const message = await rejection(
      runMarblesAsync(async ({ scope }) => {
        await using own = scope({ name: 'own' });
        own.start(never());
      }),
    );

    expect(message).toMatch(
      /^"never" still waits for a promise\. Virtual time does not wait for what is real/,
    );
    expect(message).toContain('  in the scope "own", never (#1) is running, at a promise');
  });

  it('refuses a second run beside it', async () => {
    const first = runMarblesAsync(() => sleep(1));

    expect(await rejection(runMarblesAsync(() => undefined))).toMatch(/^runMarblesAsync\(\) cannot begin/);
    await first;
  });

  onlyWhere.nodeIsThere.it('runs callbacks in the context in which their timer was set', async () => {
    const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];

    await runMarblesAsync(() => {
      storage.run('mine', () => timer(5).subscribe(() => seen.push(storage.getStore())));
    });

    expect(seen).toEqual(['mine']);
  });
});
