import { NEVER, type Observable, of, race, takeUntil, timeout, timer } from 'rxjs';

import {
  acquire,
  AsyncScope,
  BlockingError,
  cleanup,
  type ScopeError,
  sleep,
  synchronous,
  tamed,
  type DelayedResult,
  type TamedCall,
} from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';
import { errorOf, thrownBy } from '../support/outcome.ts';
import { onlyWhere } from '../support/runtime.ts';
import { virtually } from '../support/virtual-time.ts';

type Waited = () => DelayedResult<unknown>;

/** Calls that sleep, and then go on only when what they are given has ended. */
const shapes: Readonly<Record<string, (name: string, waited: Waited) => TamedCall<unknown>>> = {
  'a generator': (name, waited) =>
    tamed(name, function* () {
      yield* sleep(1);
      yield* waited();
    })(),
  'an async function': (name, waited) =>
    tamed(name, async () => {
      await sleep(1);
      await waited();
    })(),
  'an async generator': (name, waited) =>
    tamed(name, async function* () {
      await sleep(1);
      yield 1;
      await waited();
    })(),
  'a call that returns a result': (name, waited) => {
    const returning = tamed(() => waited());
    return tamed(name, function* () {
      yield* sleep(1);
      return yield* returning();
    })();
  },
  'a body of a run': (name, waited) => {
    const run = AsyncScope.run(function* (scope) {
      scope.start(sleep(2));
      yield* sleep(1);
      yield* waited();
    });
    return tamed(name, () => run)();
  },
  'a call in a call': (name, waited) => {
    const inner = tamed(function* () {
      yield* sleep(1);
      yield* tamed.all([sleep(1), tamed.from(waited())]);
    });
    return tamed(name, function* () {
      yield* inner();
    })();
  },
};

const names = Object.keys(shapes);

/** The shape that is `steps` after `shape`, so that circles are of different ones. */
function shapeAfter(shape: string, steps: number): (name: string, waited: Waited) => TamedCall<unknown> {
  return shapes[names[(names.indexOf(shape) + steps) % names.length] as string] as never;
}

for (const [shape, call] of Object.entries(shapes)) {
  const specify = shape.startsWith('an async') ? onlyWhere.contextIsCarried.it : it;

  describe(`A child that is ${shape}`, () => {
    specify('gets an error at once when it waits for its own result', async () => {
      await using scope = new AsyncScope();
      const own: DelayedResult<unknown> = scope.start(call('own', () => own));

      await expectAsync(own).toBeRejectedWithError(BlockingError, /^own \(#1\) waits for itself: /);
    });

    specify('gets it in a scope that waits for nothing else, and that raises it', async () => {
      const scope = new AsyncScope();
      const own: DelayedResult<unknown> = scope.start(call('own', () => own));

      const raised = await errorOf(scope.close());

      expect((raised as AggregateError).errors).toEqual([jasmine.any(BlockingError)]);
    });

    for (const steps of [0, 1, 2]) {
      const other = names[(names.indexOf(shape) + steps) % names.length] as string;
      const both = other.startsWith('an async') ? onlyWhere.contextIsCarried.it : specify;

      both(`closes a circle with ${other}, and the last to wait is told`, async () => {
        await using scope = new AsyncScope({ errorMode: 'continue' });
        const first: DelayedResult<unknown> = scope.start(call('first', () => second));
        const second: DelayedResult<unknown> = scope.start(shapeAfter(shape, steps)('second', () => first));

        const error = await errorOf(second);

        expect(error).toBeInstanceOf(BlockingError);
        expect((error as Error).message).toContain('first (#1)');
        expect((error as Error).message).toContain(' waits for second (#2)');
        expect(await errorOf(first)).toBe(error);
      });
    }
  });
}

describe('A circle of those who wait', () => {
  const follow = tamed(function* follow(waited: Waited) {
    yield* sleep(1);
    yield* waited();
  });

  it('is told however long it is', async () => {
    const scope = new AsyncScope();
    const count = 1000;
    const results: DelayedResult<unknown>[] = [];
    for (let index = 0; index < count; index++) {
      results.push(scope.start(follow(() => results[(index + 1) % count] as DelayedResult<unknown>)));
    }

    const { errors } = (await errorOf(scope.close())) as AggregateError;

    expect((errors[0] as Error).message).toBe(
      'follow (#1000) waits for follow (#1), which waits for follow (#2), which waits for follow (#3), ' +
        'which waits for follow (#4), which waits for …, which waits for follow (#1000): that would never end. ' +
        'Let one of them go on without the result of the other.',
    );
  });

  it('is told of three, whoever begins', async () => {
    for (const order of [
      [1, 2, 3],
      [1, 3, 2],
      [3, 2, 1],
    ]) {
      await using scope = new AsyncScope({ errorMode: 'continue' });
      const results: DelayedResult<unknown>[] = [];
      const after = tamed(function* (index: number) {
        yield* sleep(order[index] as number);
        yield* results[(index + 1) % 3] as DelayedResult<unknown>;
      });
      results.push(...[0, 1, 2].map((index) => scope.start(after(index))));

      expect(await errorOf(Promise.all(results))).toBeInstanceOf(BlockingError);
    }
  });

  it('is told through the close of a scope that has been awaited before', async () => {
    await using outer = new AsyncScope({ errorMode: 'continue' });
    const inner = new AsyncScope({ name: 'inner' });
    inner.start(sleep(3));
    const closer = outer.start(
      tamed('closer', function* () {
        yield* inner.close();
      })(),
    );
    inner.start(follow(() => closer));

    const error = (await errorOf(inner.close())) as AggregateError;

    expect((error.errors[0] as Error).message).toBe(
      'follow (#2) waits for closer (#1), which waits for the close of the scope "inner", ' +
        'which waits for follow (#2): that would never end. Let one of them go on without the result of the other.',
    );
    await errorOf(closer);
  });

  it('is told through the close of a scope that is awaited last', () => {
    virtually((flush) => {
      const outer = new AsyncScope({ errorMode: 'continue' });
      const inner = new AsyncScope();
      const closer = outer.start(
        tamed(function* () {
          yield* sleep(2);
          yield* inner.close();
        })(),
      );
      inner.start(sleep(5));
      const between = new AsyncScope({ parent: inner });
      const other = between.start(follow(() => closer));
      void other.then(undefined, () => undefined);

      flush();

      expect(() => closer.value).toThrowMatching(({ cause }: Error) => cause instanceof BlockingError);
      expect(inner.closed).toBeTrue();
    });
  });

  it('is told through the result of a run', async () => {
    await using scope = new AsyncScope();
    const run: DelayedResult<unknown> = scope.start(
      AsyncScope.run((own) => {
        own.start(follow(() => run));
      }),
    );

    const raised = (await errorOf(run)) as AggregateError;

    expect(raised.errors).toEqual([jasmine.any(BlockingError)]);
  });

  it('is told through a cleanup', async () => {
    const scope = new AsyncScope();
    const own: DelayedResult<unknown> = scope.start(
      tamed(function* () {
        try {
          yield* sleep(1);
        } finally {
          yield* cleanup(follow(() => own));
        }
      })(),
    );

    expect(await errorOf(own)).toBeInstanceOf(BlockingError);
    await scope.close();
  });

  it('is told again to those who catch it and ask once more, and can be left', async () => {
    await using scope = new AsyncScope();
    const told: unknown[] = [];
    const own: DelayedResult<unknown> = scope.start(
      tamed(function* () {
        yield* sleep(1);
        for (let times = 0; times < 2; times++) {
          try {
            yield* own;
          } catch (error) {
            told.push(error);
          }
        }
        return 'went on';
      })(),
    );

    expect(await own).toBe('went on');
    expect(told).toEqual([jasmine.any(BlockingError), jasmine.any(BlockingError)]);
  });

  it('is told to a handler that the telling itself calls', async () => {
    await using scope = new AsyncScope({ errorMode: 'continue' });
    const told: unknown[] = [];
    const waiting = tamed(function* (waited: Waited) {
      yield* sleep(1);
      try {
        yield* waited();
      } catch (error) {
        told.push(error);
        yield* waited();
      }
    });
    const own: DelayedResult<unknown> = scope.start(waiting(() => own));
    own.subscribe({ error: () => told.push(scope.start(follow(() => own)).status) });

    await errorOf(own);

    expect(told).toEqual([jasmine.any(BlockingError), 'pending']);
    await errorOf(scope.close());
  });

  onlyWhere.loopCanBeTurned.it('is told through block()', async () => {
    const message = await synchronous(() => {
      const scope = new AsyncScope({ errorMode: 'continue' });
      const blocking: DelayedResult<unknown> = scope.start(
        tamed('blocking', function* () {
          yield* sleep(1);
          other.block();
        })(),
      );
      const other: DelayedResult<unknown> = scope.start(
        tamed('other', function* () {
          yield* sleep(5);
          yield* blocking;
        })(),
      );
      return thrownBy(() => blocking.block()).message;
    });

    expect(message).toContain('other (#2) waits for blocking (#1), which waits for other (#2): ');
  });

  onlyWhere.loopCanBeTurned.it('is told to a child that blocks for its own result', async () => {
    await using scope = new AsyncScope({ errorMode: 'continue' });
    const own: DelayedResult<unknown> = scope.start(
      tamed(function* () {
        yield* sleep(1);
        own.block();
      })(),
    );

    await expectAsync(own).toBeRejectedWithError(BlockingError, /waits for itself/);
  });
});

describe('No circle is seen', () => {
  const after = tamed(function* (ms: number, waited: Waited) {
    yield* sleep(ms);
    yield* waited();
    return 'told';
  });

  it('where an operator can end the wait for the own result', async () => {
    await using scope = new AsyncScope();
    const ways: readonly ((own: DelayedResult<unknown>) => Observable<unknown>)[] = [
      (own) => race(own, timer(5)),
      (own) => own.pipe(timeout({ each: 5, with: () => [0] })),
      (own) => timer(5).pipe(takeUntil(own)),
      (own) => own.pipe(takeUntil(timer(5))),
    ];
    const results = ways.map((way) => {
      const own: DelayedResult<unknown> = scope.start(
        tamed(function* () {
          yield* sleep(1);
          try {
            yield* tamed.from(way(own));
          } catch (error) {
            return (error as Error).name;
          }
          return 'ended';
        })(),
      );
      return own;
    });

    expect(await Promise.all(results)).toEqual(['ended', 'ended', 'ended', 'EmptyError']);
  });

  it('where an operator can end the code that waits', async () => {
    await using scope = new AsyncScope();
    const own: DelayedResult<unknown> = scope.start(
      after(1, () => own).pipe(timeout({ each: 5, with: () => ['out of time'] })),
    );

    expect(await own).toBe('out of time');
  });

  onlyWhere.contextIsCarried.it('where an async function races the own result', async () => {
    await using scope = new AsyncScope();
    const foreign = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('foreign'), 5));
    const ways: readonly ((own: DelayedResult<unknown>) => Promise<unknown>)[] = [
      (own) => Promise.race([own, sleep(5).then(() => 'slept')]),
      (own) => Promise.race([foreign(), own]),
      (own) => Promise.any([own, foreign()]),
    ];
    const results = ways.map((way) => {
      const own: DelayedResult<unknown> = scope.start(
        tamed(async () => {
          await sleep(1);
          return way(own);
        })(),
      );
      return own;
    });

    expect(await Promise.all(results)).toEqual(['slept', 'foreign', 'foreign']);
  });

  onlyWhere.contextIsCarried.it('where an async function only listens to a result', async () => {
    await using scope = new AsyncScope();
    const heard: unknown[] = [];
    const first: DelayedResult<unknown> = scope.start(
      tamed(async () => {
        await sleep(1);
        for (const result of [first, second]) {
          void result.then(
            () => heard.push('told'),
            () => heard.push('left'),
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
        return 'first';
      })(),
    );
    const second: DelayedResult<unknown> = scope.start(after(3, () => first));

    expect(await second).toBe('told');
    expect(heard).toEqual(['left', 'left']);
  });

  onlyWhere.contextIsCarried.it('where an async function races those that wait for it', async () => {
    await using scope = new AsyncScope();
    const first: DelayedResult<unknown> = scope.start(
      tamed(async () => {
        await sleep(1);
        await Promise.race([second, sleep(5)]);
        return 'first';
      })(),
    );
    const second: DelayedResult<unknown> = scope.start(after(2, () => first));

    expect(await second).toBe('told');
  });

  it('where a loop takes the values of one that waits for it', async () => {
    await using scope = new AsyncScope();
    const emitting = tamed(async function* (waited: Waited) {
      await sleep(1);
      yield 1;
      await waited();
    });
    const loop: DelayedResult<unknown> = scope.start(
      tamed(async () => {
        await sleep(0);
        for await (const value of source) {
          return value;
        }
        return undefined;
      })(),
    );
    const source: DelayedResult<number> = scope.start(emitting(() => loop));

    expect(await loop).toBe(1);
    expect(await source).toBe(1);
  });

  it('where a scope that closes will cancel the one that waits', async () => {
    await using scope = new AsyncScope();
    const run: DelayedResult<unknown> = scope.start(
      AsyncScope.run(
        function* (own) {
          own.start(after(1, () => run));
          yield* sleep(5);
          return 'ran';
        },
        { exitMode: 'cancel' },
      ),
    );

    expect(await run).toBe('ran');
  });

  it('where many wait for one, one for many, and each for the one before', async () => {
    await using scope = new AsyncScope();
    const first = scope.start(after(3, () => scope.start(sleep(1))));
    const many = Array.from({ length: 100 }, () => scope.start(after(1, () => first)));
    const all = scope.start(tamed.all(many));
    let last: DelayedResult<unknown> = all;
    for (let index = 0; index < 100; index++) {
      const before = last;
      last = scope.start(after(index % 3, () => before));
    }

    expect(await last).toBe('told');
  });

  it('where a child waits for one that is queued, and gives up its place', async () => {
    await using scope = new AsyncScope({ concurrency: 1 });
    const first: DelayedResult<unknown> = scope.start(after(1, () => second));
    const second = scope.start(sleep(1));

    expect(await first).toBe('told');
  });

  it('where the one that is waited for never ends by itself', async () => {
    const scope = new AsyncScope();
    const own: DelayedResult<unknown> = scope.start(after(1, () => never));
    const never = scope.start(NEVER);
    await sleep(5);

    scope.cancel();
    await scope.close();

    expect(own.status).toBe('cancelled');
  });
});

describe('A call that has acquired something, and releases it when the scopes are closed that it has left open,', () => {
  for (const [when, askedMs] of [
    ['before the call ends', 1],
    ['after that', 5],
  ] as const) {
    it(`is not waited for in such a scope by a child that asks ${when}: that child gets the error`, async () => {
      await runMarblesAsync(async () => {
        const released: string[] = [];
        const scope = new AsyncScope();
        const waiting = tamed('waiting', function* () {
          yield* sleep(askedMs);
          yield* job;
        });
        const job: DelayedResult<void> = scope.start(
          tamed('job', function* () {
            yield* acquire(of('it'), (it) => released.push(it));
            new AsyncScope().start(waiting());
            yield* sleep(3);
          })(),
        );

        const raised = (await errorOf(scope.close())) as ScopeError;

        expect(raised.errors.length).toBe(1);
        expect(raised.errors[0]).toBeInstanceOf(BlockingError);
        expect((raised.errors[0] as Error).message).toContain(
          'waiting (#1) waits for job (#1), which waits for',
        );
        expect(released).toEqual(['it']);
      });
    });
  }

  it('is waited for by all others', async () => {
    await runMarblesAsync(async () => {
      const scope = new AsyncScope();
      const job = scope.start(
        tamed('job', function* () {
          yield* acquire(of('it'), () => sleep(1));
          new AsyncScope().start(sleep(10));
          return 'done';
        })(),
      );
      const other = scope.start(
        tamed(function* () {
          return yield* job;
        })(),
      );

      await scope.close();

      expect(other.value).toBe('done');
    });
  });
});

describe('A run whose body has left a scope open, which it closes,', () => {
  for (const [when, askedMs] of [
    ['before the body ends', 1],
    ['after that', 5],
  ] as const) {
    it(`is not waited for in such a scope by a child that asks ${when}: that child gets the error`, () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        const waiting = tamed('waiting', function* () {
          yield* sleep(askedMs);
          yield* job;
        });
        const body = function* job(): Generator<never, void> {
          new AsyncScope().start(waiting());
          yield* sleep(3);
        };
        const job: DelayedResult<void> = scope.start(AsyncScope.run(body));
        const raised: string[] = [];

        scope.close().subscribe({ error: (error: ScopeError) => raised.push(error.message) });
        flush();

        expect(raised).toEqual([
          jasmine.stringContaining('waiting (#1) waits for job (#1), which waits for') as never,
        ]);
      });
    });
  }
});
