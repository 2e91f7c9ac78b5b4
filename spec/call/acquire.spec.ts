import { config, NEVER, of, throwError, timeout, TimeoutError, timer } from 'rxjs';

import type { CancelledError } from '../../src/index.ts';
import { abortSignal, acquire, AsyncScope, ScopeError, sleep, tamed } from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { errorOf, thrownBy } from '../support/outcome.ts';
import { onlyWhere } from '../support/runtime.ts';

const failure = new Error('Oh no!');
const NEVER_ENDING = tamed.from(NEVER);

/** Opens and closes, and writes that down. */
class Office {
  readonly log: string[] = [];
  readonly #connect = tamed(function* connect(this: Office, name: string) {
    yield* sleep(1);
    this.log.push(`open ${name}`);
    return name;
  });
  readonly #close = tamed(function* close(this: Office, name: string) {
    yield* sleep(1);
    this.log.push(`closed ${name}`);
  });

  open(name: string) {
    return acquire(this.#connect(name), (it) => this.#close(it));
  }
}

/** Runs a test in virtual time, with an office. */
function inOffice(test: (office: Office) => Promise<void>): () => Promise<void> {
  return () => runMarblesAsync(() => test(new Office()));
}

/** A promise that settles when the test says so. */
function late<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((fulfil, fail) => {
    resolve = fulfil;
    reject = fail;
  });
  return { promise, resolve, reject };
}

const macrotask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('acquire()', () => {
  describe('in a call that returns', () => {
    for (const [shape, make] of [
      [
        'a generator',
        (office: Office) =>
          tamed(function* () {
            const a = yield* office.open('a');
            const b = yield* office.open('b');
            office.log.push('work');
            return a + b;
          }),
      ],
      [
        'an async function',
        (office: Office) =>
          tamed(async () => {
            const a = await office.open('a');
            const b = await office.open('b');
            office.log.push('work');
            return a + b;
          }),
      ],
      [
        'an async generator',
        (office: Office) =>
          tamed(async function* () {
            const a = await office.open('a');
            const b = await office.open('b');
            office.log.push('work');
            yield a + b;
          }),
      ],
    ] as const) {
      const where = shape === 'a generator' ? { it } : onlyWhere.contextIsCarried;
      where.it(
        `releases what ${shape} has acquired, the last one first, before the call ends`,
        inOffice(async (office) => {
          const value = await make(office)();

          office.log.push('ended');
          expect(value).toBe('ab');
          expect(office.log).toEqual(['open a', 'open b', 'work', 'closed b', 'closed a', 'ended']);
        }),
      );
    }

    it(
      'releases after a failure, too, which stays what it is',
      inOffice(async (office) => {
        const fails = tamed(function* () {
          yield* office.open('a');
          throw failure;
        });

        expect(await errorOf(fails())).toBe(failure);
        expect(office.log).toEqual(['open a', 'closed a']);
      }),
    );

    it(
      'releases after the scopes that the call has left open',
      inOffice(async (office) => {
        const job = tamed(function* () {
          const name = yield* office.open('a');
          new AsyncScope().start(sleep(10)).subscribe(() => office.log.push(`used ${name}`));
        });

        await job();

        expect(office.log).toEqual(['open a', 'used a', 'closed a']);
      }),
    );

    onlyWhere.contextIsCarried.it(
      'releases after what the code has begun to wait for, and no longer does',
      inOffice(async (office) => {
        const slow = tamed(function* (name: string) {
          try {
            yield* sleep(100);
          } finally {
            yield* sleep(5);
            office.log.push(`used ${name}`);
          }
        });
        const job = tamed(async () => {
          const name = await office.open('a');
          await Promise.race([slow(name), sleep(1)]);
        });

        await job();

        expect(office.log).toEqual(['open a', 'used a', 'closed a']);
      }),
    );

    it(
      'belongs to the code that waits, through tamed.all and operators',
      inOffice(async (office) => {
        const job = tamed(function* () {
          const [a, b] = yield* tamed.all([office.open('a'), office.open('b')]);
          const c = yield* tamed.from(office.open('c').pipe(timeout(100)));
          office.log.push(a + b + c);
        });

        await job();

        expect(office.log.slice(2)).toEqual(['open c', 'abc', 'closed c', 'closed b', 'closed a']);
      }),
    );

    it(
      'belongs to who waits for a function that returns it',
      inOffice(async (office) => {
        const open = tamed((name: string) => office.open(name));
        const job = tamed(function* () {
          office.log.push(yield* open('a'));
        });

        await job();

        expect(office.log).toEqual(['open a', 'a', 'closed a']);
      }),
    );

    it(
      'is itself a source, whose own resources live as long',
      inOffice(async (office) => {
        const session = tamed(function* () {
          const socket = yield* office.open('socket');
          return `session on ${socket}`;
        });
        const job = tamed(function* () {
          const it = yield* acquire(session(), (value) => office.log.push(`left ${value}`));
          office.log.push(it);
        });

        await job();

        expect(office.log).toEqual([
          'open socket',
          'session on socket',
          'left session on socket',
          'closed socket',
        ]);
      }),
    );

    it('takes promises, Observables, results, and releases of every shape', async () => {
      const log: unknown[] = [];
      const scope = new AsyncScope();
      const result = scope.start(tamed(() => 'result')());
      const job = tamed(function* () {
        yield* acquire(Promise.resolve('promise'), (it) => log.push(it));
        yield* acquire(of('first', 'last'), async (it) => log.push(it));
        yield* acquire(result, function* (it) {
          yield* sleep(1);
          log.push(it);
        });
        yield* acquire(Promise.resolve('timer'), (it) => {
          log.push(it);
          return timer(1);
        });
      });

      await job();
      await scope.close();

      expect(log).toEqual(['timer', 'result', 'last', 'promise']);
    });

    onlyWhere.loopCanBeTurned.it('blocks, where all leaves can', () => {
      const office = new Office();
      const job = tamed(function* () {
        return yield* office.open('a');
      });

      expect(job().block()).toBe('a');
      expect(office.log).toEqual(['open a', 'closed a']);
    });
  });

  describe('in the body of a run', () => {
    it(
      'releases after the children, services included',
      inOffice(async (office) => {
        const user = tamed(function* (name: string, ms: number) {
          try {
            yield* sleep(ms);
          } finally {
            office.log.push(`used ${name}`);
          }
        });

        await AsyncScope.run(function* (scope) {
          const name = yield* office.open('a');
          scope.start(user(name, Infinity), { service: true });
          scope.start(user(name, 10));
        });

        expect(office.log).toEqual(['open a', 'used a', 'used a', 'closed a']);
      }),
    );

    onlyWhere.contextIsCarried.it(
      'releases when the run is cancelled, after the children and the `finally` of the body',
      inOffice(async (office) => {
        const outer = new AsyncScope();
        const user = tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* sleep(5);
            office.log.push('child');
          }
        });
        outer.start(
          AsyncScope.run(async (scope) => {
            await office.open('a');
            scope.start(user());
            try {
              await sleep(Infinity);
            } finally {
              await sleep(1);
              office.log.push('body');
            }
          }),
        );
        await sleep(5);

        outer.cancel();
        await outer.close();

        expect(office.log).toEqual(['open a', 'child', 'body', 'closed a']);
      }),
    );
  });

  describe('in a call that is cancelled', () => {
    it(
      'releases when its code has unwound, and the scope waits for it',
      inOffice(async (office) => {
        const scope = new AsyncScope();
        const job = tamed(function* () {
          yield* office.open('a');
          try {
            yield* sleep(Infinity);
          } finally {
            yield* sleep(1);
            office.log.push('unwound');
          }
        });
        scope.start(job());
        await sleep(2);

        scope.cancel();
        await scope.close();

        expect(office.log).toEqual(['open a', 'unwound', 'closed a']);
      }),
    );

    it(
      'interrupts what is being opened',
      inOffice(async (office) => {
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            yield* office.open('a');
          })(),
        );

        scope.cancel();
        await scope.close();

        expect(office.log).toEqual([]);
      }),
    );

    for (const [shape, source] of [
      ['a promise', (promise: Promise<string>) => promise],
      ['a call of a promise', (promise: Promise<string>) => tamed.from(promise)],
      ['an async function', (promise: Promise<string>) => tamed(async () => await promise)()],
      ['a function that returns a promise', (promise: Promise<string>) => tamed(() => promise)()],
      [
        'a function that returns the call of an async function',
        (promise: Promise<string>) => tamed(() => tamed(async () => await promise)())(),
      ],
      [
        'the run of an async function',
        (promise: Promise<string>) => AsyncScope.run(async () => await promise),
      ],
      [
        'an async function that has been told',
        (promise: Promise<string>) =>
          tamed(async () => {
            abortSignal();
            return promise;
          })(),
      ],
    ] as const) {
      it(`releases the value of ${shape} that comes after the cancel, and waits for that`, async () => {
        const log: string[] = [];
        const { promise, resolve } = late<string>();
        const scope = new AsyncScope();
        const job = tamed(async () => {
          await acquire(source(promise), async (it) => {
            await sleep(1);
            log.push(`released ${it}`);
          });
          log.push('went on');
        });
        scope.start(job());
        await macrotask();

        scope.cancel();
        const closing = scope.close();
        await macrotask();
        expect(closing.status).toBe('pending');
        resolve('late');
        await closing;

        expect(log).toEqual(['released late']);
      });
    }

    it('releases the value of a promise, though the code does not come to wait for it', async () => {
      const log: string[] = [];
      const asynchronous = tamed(async (promise: Promise<string>) => {
        await acquire(promise, (it) => log.push(it));
      });
      const generator = tamed(function* (promise: Promise<string>) {
        scope.cancel();
        yield* acquire(promise, (it) => log.push(it));
      });
      const scope = new AsyncScope();
      const { promise, resolve } = late<string>();
      scope.start(asynchronous(promise));
      scope.start(generator(promise));
      const closing = scope.close();
      await macrotask();

      expect(closing.status).toBe('pending');
      resolve('late');
      await closing;

      expect(log).toEqual(['late', 'late']);
    });

    it('waits for nothing more, when the late opening fails with the abort', async () => {
      const { promise, reject } = late<string>();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          yield* acquire(promise, () => fail('There is nothing to release.'));
        })(),
      );

      scope.cancel();
      reject(Object.assign(new Error('aborted'), { name: 'AbortError' }));

      await expectAsync(scope.close()).toBeResolvedTo(undefined);
    });

    it('loses no other failure of a late opening', async () => {
      const { promise, reject } = late<string>();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          yield* acquire(promise, () => undefined);
        })(),
      );

      scope.cancel();
      reject(failure);

      expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure]);
    });

    it('is not interrupted while it releases, at a normal end', async () => {
      await runMarblesAsync(async () => {
        const log: string[] = [];
        const scope = new AsyncScope();
        const job = tamed(function* () {
          yield* acquire(of(1), function* () {
            yield* sleep(10);
            log.push('released');
          });
        });
        const result = scope.start(job());
        await sleep(5);

        scope.cancel('meanwhile');

        expect(((await errorOf(result)) as CancelledError).cause).toBe('meanwhile');
        await scope.close();
        expect(log).toEqual(['released']);
      });
    });

    it('keeps the failure for which it releases, when it is cancelled meanwhile', async () => {
      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        const job = tamed(function* () {
          yield* acquire(of(1), () => sleep(10));
          throw failure;
        });
        scope.start(job());
        await sleep(5);

        scope.cancel();

        expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure]);
      });
    });

    it('releases what comes after an operator has given up', async () => {
      const log: string[] = [];
      const { promise, resolve } = late<string>();
      const scope = new AsyncScope();
      const job = tamed(function* () {
        yield* tamed.from(acquire(promise, (it) => log.push(it)).pipe(timeout(1)));
      });
      const result = scope.start(job());

      expect(((await errorOf(result)) as Error).name).toBe('TimeoutError');
      resolve('late');
      await scope.close();

      expect(log).toEqual(['late']);
    });

    it('is bounded by the `cleanupTimeout` of the scope', async () => {
      const scope = new AsyncScope({ cleanupTimeout: 5 });
      const job = tamed(function* job() {
        yield* acquire(new Promise<never>(() => {}), () => undefined);
      });
      scope.start(job());

      scope.cancel();

      expect(((await errorOf(scope.close())) as ScopeError).errors.map(String)).toEqual([
        jasmine.stringContaining('job'),
      ]);
    });

    it('releases what the `finally` of cancelled code acquires', async () => {
      await runMarblesAsync(async () => {
        const office = new Office();
        const scope = new AsyncScope();
        const job = tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            office.log.push(yield* office.open('a'));
          }
        });
        scope.start(job());

        scope.cancel();
        await scope.close();

        expect(office.log).toEqual(['open a', 'a', 'closed a']);
      });
    });
  });

  describe('when a release fails', () => {
    it('is an error of a cleanup, and the others are released all the same', async () => {
      const log: string[] = [];
      const scope = new AsyncScope();
      const job = tamed(function* () {
        yield* acquire(of('a'), (it) => log.push(it));
        yield* acquire(of('b'), () => {
          throw failure;
        });
        return 'value';
      });
      const result = scope.start(job());

      expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure]);
      expect(result.value).toBe('value');
      expect(log).toEqual(['a']);
    });

    describe('that the body of a run has acquired', () => {
      const broken = () =>
        acquire(of('a'), () => {
          throw failure;
        });

      it('fails the run, which has waited for it', async () => {
        const run = AsyncScope.run(function* () {
          yield* broken();
          yield* broken();
          return 'value';
        });

        const error = (await errorOf(run)) as ScopeError;

        expect(error).toBeInstanceOf(ScopeError);
        expect(error.errors).toEqual([failure, failure]);
        expect(error.cause).toBeUndefined();
      });

      it('stands beside the failures of its children', async () => {
        const childs = new Error('of a child');
        const run = AsyncScope.run(
          async (scope) => {
            await broken();
            scope.start(throwError(() => childs));
          },
          { name: 'page' },
        );

        const error = (await errorOf(run)) as ScopeError;

        expect(error.errors).toEqual([childs, failure]);
        expect(error.message).toBe(
          '2 async functions failed in the scope "page":\n  #1: Error: of a child\n  Error: Oh no!',
        );
      });

      it('has the error of the body as its cause', async () => {
        const bodys = new Error('of the body');
        const run = AsyncScope.run(function* () {
          yield* broken();
          throw bodys;
        });

        const error = (await errorOf(run)) as ScopeError;

        expect(error.errors).toEqual([failure]);
        expect(error.cause).toBe(bodys);
      });

      it('has the timeout of the scope as its cause', async () => {
        const run = AsyncScope.run(
          function* () {
            yield* broken();
            yield* NEVER_ENDING;
          },
          { timeout: 1 },
        );

        const error = (await errorOf(run)) as ScopeError;

        expect(error.errors).toEqual([failure]);
        expect(error.cause).toBeInstanceOf(TimeoutError);
      });

      it('is an error of a cleanup, when the run has been cancelled', async () => {
        const scope = new AsyncScope();
        scope.start(
          AsyncScope.run(function* () {
            yield* broken();
            yield* NEVER_ENDING;
          }),
        );

        scope.cancel();

        expect(((await errorOf(scope.close())) as ScopeError).errors).toEqual([failure]);
      });
    });

    it('is reported by RxJS, where no scope waits', async () => {
      const { onUnhandledError } = config;
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error);
      const job = tamed(async () => {
        await acquire(of('a'), () => Promise.reject(failure));
      });

      await job();
      await macrotask();
      config.onUnhandledError = onUnhandledError;

      expect(reported).toEqual([failure]);
    });
  });

  for (const [shape, open] of [
    [
      'a generator',
      (release: () => unknown) =>
        tamed(function* () {
          for (let i = 0; i < 10_000; i++) {
            yield* acquire(of(i), release);
          }
        }),
    ],
    [
      'an async function',
      (release: () => unknown) =>
        tamed(async () => {
          for (let i = 0; i < 10_000; i++) {
            await acquire(of(i), release);
          }
        }),
    ],
  ] as const) {
    const where = shape === 'a generator' ? { it } : onlyWhere.contextIsCarried;
    for (const [kind, end] of [
      ['at once', () => undefined],
      ['at once, by an Observable', () => of(1)],
      ['later', () => Promise.resolve()],
    ] as const) {
      where.it(`releases ten thousand of ${shape} without the stack, if each is over ${kind}`, async () => {
        let released = 0;
        const scope = new AsyncScope();
        scope.start(
          open(() => {
            released++;
            return end();
          })(),
        );

        await scope.close();

        expect(released).toBe(10_000);
      });
    }
  }

  it('says so where no code of a tamed call waits', async () => {
    const scope = new AsyncScope();
    const outside = acquire(of(1), () => fail('There is nothing to release.'));

    expect(((await errorOf(outside)) as Error).message).toContain('to whom the value belongs');
    expect(((await errorOf(scope.start(outside))) as Error).message).toContain('to whom the value belongs');
    expect(thrownBy(() => outside.block()).message).toContain('to whom the value belongs');
    await scope.close();
  });

  it('takes a source and a function', () => {
    expect(thrownBy(() => acquire(5 as never, () => undefined)).message).toContain(
      'acquire() cannot wait for 5',
    );
    expect(thrownBy(() => acquire(NEVER, 'close' as never)).message).toContain(
      'acquire() takes a function that releases the value, but got "close"',
    );
  });
});
