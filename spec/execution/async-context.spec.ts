import { AsyncLocalStorage } from 'node:async_hooks';
import { concatMap, finalize, NEVER, Observable, of, retry, Subject, timer } from 'rxjs';

import {
  abortSignal,
  acquire,
  AsyncScope,
  cleanup,
  concurrently,
  sleep,
  tamed,
  type AsyncScopeOptions,
} from '../../src/index.ts';
import { runMarblesAsync } from '../../src/testing/index.ts';

const storage = new AsyncLocalStorage<string>();

/** The store of whoever runs. */
function here(): string {
  return storage.getStore() ?? 'none';
}

/** What is logged, each with the store in which it was. */
class Log {
  readonly lines: string[] = [];

  add(what: string): void {
    this.lines.push(`${what}: ${here()}`);
  }
}

/** Each shape of a function that waits for `gate`, logs before and after, and in its `finally`. */
const shapes: Readonly<Record<string, (log: Log, gate: Observable<unknown>) => unknown>> = {
  *'a generator'(log, gate) {
    try {
      log.add('begin');
      yield* tamed.from(gate);
      log.add('next');
      yield* sleep(Infinity);
    } finally {
      log.add('finally');
      yield* sleep(0);
      log.add('end');
    }
  },
  'an async function': async (log, gate) => {
    try {
      log.add('begin');
      await tamed.from(gate);
      log.add('next');
      await sleep(Infinity);
    } finally {
      log.add('finally');
      await sleep(0);
      log.add('end');
    }
  },
  async *'an async generator'(log, gate) {
    try {
      log.add('begin');
      yield await tamed.from(gate);
      log.add('next');
      yield 2;
      await sleep(Infinity);
    } finally {
      log.add('finally');
      await sleep(0);
      log.add('end');
    }
  },
  'an Observable': (log, gate) =>
    new Observable<number>((subscriber) => {
      log.add('begin');
      const inner = gate.subscribe(() => storage.run('observer', () => subscriber.next(0)));
      log.add('next');
      return () => {
        inner.unsubscribe();
        log.add('finally');
        cleanup(
          tamed(function* () {
            yield* sleep(0);
            log.add('end');
          })(),
        );
      };
    }),
  'a run of a generator': (log, gate) =>
    AsyncScope.run(function* (scope) {
      try {
        log.add('begin');
        yield* scope.start(gate);
        log.add('next');
        yield* sleep(Infinity);
      } finally {
        log.add('finally');
        yield* sleep(0);
        log.add('end');
      }
    }),
  'a run of an async function': (log, gate) =>
    AsyncScope.run(async (scope) => {
      try {
        log.add('begin');
        await scope.start(gate);
        log.add('next');
        await sleep(Infinity);
      } finally {
        log.add('finally');
        await sleep(0);
        log.add('end');
      }
    }),
  'all of several': (log, gate) =>
    tamed.all([
      tamed(function* () {
        try {
          log.add('begin');
          yield* tamed.from(gate);
          log.add('next');
          yield* sleep(Infinity);
        } finally {
          log.add('finally');
          yield* sleep(0);
          log.add('end');
        }
      })(),
    ]),
};

/** Started under one store, begun and resumed under a second one, and cancelled under a third. */
async function live(shape: (log: Log, gate: Observable<unknown>) => unknown, options: AsyncScopeOptions) {
  const log = new Log();
  const gate = new Subject<number>();
  const before = new Subject<number>();
  const scope = new AsyncScope(options);
  await runMarblesAsync(async () => {
    storage.run('first', () => scope.start(before));
    storage.run('starter', () => scope.start(tamed(() => shape(log, gate))()));
    await sleep(1);
    storage.run('resumer', () => before.complete());
    await sleep(1);
    storage.run('resumer', () => {
      gate.next(1);
      gate.complete();
    });
    await sleep(1);
    storage.run('canceller', () => scope.cancel());
    await storage.run('closer', () => scope.close());
  });
  return log.lines;
}

const STARTED = ['begin: starter', 'next: starter', 'finally: starter', 'end: starter'];

describe('The asynchronous context of a child', () => {
  for (const [name, shape] of Object.entries(shapes)) {
    it(`is that of its start, for ${name}: when it goes on, and when it is cancelled`, async () => {
      expect(await live(shape, {})).toEqual(STARTED);
    });

    it(`is that of its start, for ${name} that begins late, from the queue`, async () => {
      expect(await live(shape, { concurrency: 1 })).toEqual(STARTED);
    });
  }

  it('is that of its start, for each of four under a limit of two', async () => {
    const seen: string[] = [];
    const job = tamed(function* (user: string) {
      seen.push(`${user} ${here()}`);
      yield* sleep(1);
      seen.push(`${user} ${here()}`);
    });

    await runMarblesAsync(async () => {
      await using scope = new AsyncScope({ concurrency: 2 });
      for (const user of ['one', 'two', 'three', 'four']) {
        storage.run(user, () => scope.start(job(user)));
      }
    });

    const both = ['one', 'two', 'three', 'four'].flatMap((user) => [`${user} ${user}`, `${user} ${user}`]);
    expect([...seen].sort()).toEqual([...both].sort());
  });

  it('is that of its start for plain functions, promises and teardowns in the queue, too', async () => {
    const log = new Log();
    const gate = new Subject<void>();
    const scope = new AsyncScope({ concurrency: 1 });
    scope.start(gate);
    storage.run('starter', () => {
      scope.start(tamed(() => log.add('plain'))());
      scope.start(tamed(() => of(1).pipe(finalize(() => log.add('over'))))());
      scope.start(tamed({ sync: () => log.add('leaf'), async: async () => log.add('leaf') })());
    });

    storage.run('resumer', () => gate.complete());
    await scope.close();

    expect(log.lines).toEqual(['plain: starter', 'over: starter', 'leaf: starter']);
  });

  it('is that of its start where it begins late, since too many begin one inside the other', () => {
    const wrong: string[] = [];
    const scope = new AsyncScope();
    const link = tamed((left: number): void => {
      if (left > 0) {
        storage.run(`link ${left - 1}`, () => scope.start(link(left - 1)));
      }
      if (here() !== `link ${left}`) {
        wrong.push(`link ${left}: ${here()}`);
      }
    });

    storage.run('link 300', () => scope.start(link(300)));

    expect(wrong).toEqual([]);
  });

  it('is that of its start where its code hears of the cancel by its signal', () => {
    const log = new Log();
    const scope = new AsyncScope();
    const call = tamed(() => {
      abortSignal().addEventListener('abort', () => log.add('aborted'));
      return NEVER;
    });
    storage.run('starter', () => scope.start(call()));

    storage.run('canceller', () => scope.cancel());

    expect(log.lines).toEqual(['aborted: starter']);
  });

  it('is that of its start where it is started by code of another child', async () => {
    const log = new Log();
    const child = tamed(function* () {
      yield* sleep(1);
      log.add('child');
    });
    for (const parent of [
      tamed(async (scope: AsyncScope) => {
        await sleep(1);
        storage.run('inner', () => scope.start(child()));
        await sleep(2);
        log.add('parent');
      }),
      tamed(function* (scope: AsyncScope) {
        yield* sleep(1);
        storage.run('inner', () => scope.start(child()));
        yield* sleep(2);
        log.add('parent');
      }),
    ]) {
      await runMarblesAsync(async () => {
        await using scope = new AsyncScope();
        storage.run('outer', () => scope.start(parent(scope)));
      });
    }

    expect(log.lines).toEqual(['child: inner', 'parent: outer', 'child: inner', 'parent: outer']);
  });

  it('goes on with its retries', async () => {
    const log = new Log();
    const gates = [new Subject<void>(), new Subject<void>()];
    let attempt = 0;
    const flaky = tamed(function* () {
      log.add('attempt');
      yield* tamed.from(gates[attempt++]!);
    });
    const scope = new AsyncScope();
    storage.run('starter', () => scope.start(flaky().pipe(retry(1))));

    storage.run('resumer', () => gates[0]!.error(new Error('Oh no!')));
    scope.cancel();
    await scope.close();

    expect(log.lines).toEqual(['attempt: starter', 'attempt: starter']);
  });

  it('leaves the current call as it is', async () => {
    const gate = new Subject<number>();
    const scope = new AsyncScope();
    const outer: AbortSignal[] = [];
    const inner: AbortSignal[] = [];
    const child = tamed(function* () {
      inner.push(abortSignal());
      yield* tamed.from(gate);
      inner.push(abortSignal());
    });
    const parent = tamed(async () => {
      outer.push(abortSignal());
      const result = storage.run('inner', () => scope.start(child()));
      await result;
      outer.push(abortSignal());
    });
    const result = scope.start(parent());

    storage.run('resumer', () => {
      gate.next(1);
      gate.complete();
    });
    await result;
    await scope.close();

    expect(outer[0]).toBe(outer[1]);
    expect(inner[0]).toBe(inner[1]);
    expect(inner[0]).not.toBe(outer[0]);
  });
});

describe('The asynchronous context of what a child hands on', () => {
  it('is that of its start for the source of concurrently(), whoever makes room or cancels', async () => {
    const log = new Log();
    const read = tamed(function* () {
      const source = (function* () {
        try {
          for (let n = 1; ; n++) {
            log.add(`read ${n}`);
            yield n;
          }
        } finally {
          log.add('return');
        }
      })();
      yield* concurrently(source, (n) => sleep(n), { concurrency: 1 });
    });

    await runMarblesAsync(async () => {
      const scope = new AsyncScope({ concurrency: 1 });
      scope.start(sleep(1));
      storage.run('starter', () => scope.start(read()));
      await sleep(3);
      storage.run('canceller', () => scope.cancel());
      await scope.close();
    });

    expect(log.lines).toEqual(['read 1: starter', 'read 2: starter', 'return: starter']);
  });

  const releasing = tamed(function* (log: Log) {
    yield* acquire(sleep(1), () => log.add('release'));
    yield* sleep(5);
  });
  for (const [shape, call] of Object.entries({
    'a generator': releasing,
    'the body of a run': (log: Log) => AsyncScope.run(() => releasing(log)),
    'an async function': tamed(async (log: Log) => {
      await acquire(sleep(1), () => log.add('release'));
    }),
  })) {
    it(`is that of its start for the release of what ${shape} has acquired, however it ends`, async () => {
      const log = new Log();

      await runMarblesAsync(async () => {
        const scope = new AsyncScope();
        storage.run('starter', () => scope.start(call(log)));
        await scope.close();
        const cancelled = new AsyncScope();
        storage.run('starter', () => cancelled.start(call(log)));
        await sleep(3);
        storage.run('canceller', () => cancelled.cancel());
        await cancelled.close();
      });

      expect(log.lines).toEqual(['release: starter', 'release: starter']);
    });
  }
});

describe('The asynchronous context of a call without a scope', () => {
  function gated(): { log: Log; gate: Subject<number>; call: ReturnType<typeof make> } {
    const log = new Log();
    const gate = new Subject<number>();
    const inner = tamed(function* () {
      yield* tamed.from(gate);
      log.add('inner');
    });
    const make = tamed(function* () {
      log.add('begin');
      try {
        yield* inner();
        log.add('next');
        yield* sleep(Infinity);
      } finally {
        log.add('finally');
      }
    });
    return { log, gate, call: make() };
  }

  const SUBSCRIBED = ['begin: asker', 'inner: asker', 'next: asker', 'finally: asker'];

  function open(gate: Subject<number>): void {
    storage.run('resumer', () => {
      gate.next(1);
      gate.complete();
    });
  }

  it('is that of who subscribed', () => {
    const { log, gate, call } = gated();
    const subscription = storage.run('asker', () => call.subscribe());

    open(gate);
    storage.run('canceller', () => subscription.unsubscribe());

    expect(log.lines).toEqual(SUBSCRIBED);
  });

  it('is that of who awaited', async () => {
    const { log, gate, call } = gated();
    const abort = new AbortController();
    const scope = new AsyncScope({ signal: abort.signal });
    const awaits = tamed(async () => storage.run('asker', async () => await call));
    scope.start(awaits());
    await Promise.resolve();
    await Promise.resolve();

    open(gate);
    storage.run('canceller', () => abort.abort());
    await scope.close();

    expect(log.lines).toEqual(SUBSCRIBED);
  });

  it('is that of who loops over it', async () => {
    const { log, gate, call } = gated();
    const iterator = storage.run('asker', () => {
      const loop = call[Symbol.asyncIterator]();
      void loop.next();
      return loop;
    });

    open(gate);
    await storage.run('canceller', () => iterator.return?.());

    expect(log.lines).toEqual(SUBSCRIBED);
  });

  it('is that of who loops over it, also where too many loops begin one inside the other', async () => {
    const seen: string[] = [];
    const link = tamed(async function* (left: number): AsyncGenerator<number> {
      seen.push(`${left} ${here()}`);
      if (left > 0) {
        const inner = storage.run(`loop ${left - 1}`, () => link(left - 1)[Symbol.asyncIterator]());
        await storage.run(`loop ${left - 1}`, () => inner.next());
        await inner.return?.();
      }
      yield left;
    });

    await storage.run('loop 150', async () => link(150));

    expect(seen).toEqual(Array.from({ length: 151 }, (_, index) => `${150 - index} loop ${150 - index}`));
  });

  it('is that of who subscribed in a tamed call, in a context of its own', () => {
    const { log, gate, call } = gated();
    const outer = tamed(function* () {
      storage.run('asker', () => call.subscribe());
      yield* sleep(Infinity);
    });
    const subscription = storage.run('outer', () => outer().subscribe());

    open(gate);
    storage.run('canceller', () => subscription.unsubscribe());

    expect(log.lines.slice(0, 3)).toEqual(SUBSCRIBED.slice(0, 3));
  });

  it('is that of who subscribed for what an operator begins when a call has emitted', () => {
    const log = new Log();
    const { gate } = gated();
    const first = tamed(function* () {
      yield* tamed.from(gate);
    });
    const second = tamed(() => log.add('second'));
    storage.run('asker', () => first().pipe(concatMap(second)).subscribe());

    open(gate);

    expect(log.lines).toEqual(['second: asker']);
  });
});

describe('The asynchronous context of code that is cancelled inside AsyncLocalStorage.run()', () => {
  const cancelsLater = tamed(function* (cancels: () => void) {
    yield* sleep(1);
    cancels();
  });
  const waits = tamed(function* (log: Log) {
    try {
      yield* sleep(Infinity);
    } finally {
      log.add('finally');
    }
  });

  const parts: Readonly<Record<string, (log: Log, cancels: () => void) => Observable<unknown>>> = {
    'tamed.all': (log, cancels) => tamed.all([waits(log), cancelsLater(cancels)]),
    concurrently: (log, cancels) =>
      concurrently([true, false], (first) => (first ? waits(log) : cancelsLater(cancels)), {
        concurrency: 2,
      }),
  };

  for (const [how, call] of Object.entries(parts)) {
    it(`is that of its start, though another part has cancelled it: ${how}`, async () => {
      const log = new Log();
      const scope = new AsyncScope();
      const cancels = (): void => storage.run('canceller', () => scope.cancel());

      storage.run('starter', () => {
        scope.start(
          tamed(function* () {
            return yield* tamed.from(call(log, cancels));
          })(),
        );
      });
      await scope.close();

      expect(log.lines).toEqual(['finally: starter']);
    });
  }

  it('is its own for each call of concurrently(): what one changes for good, no other one sees', async () => {
    const log = new Log();
    const rows = async function* () {
      yield* [1, 2, 3];
    };

    const change = async (n: number): Promise<void> => {
      log.add(`begin ${n}`);
      storage.enterWith(`changed by ${n}`);
      await null;
      log.add(`next ${n}`);
    };

    for (const source of [[1, 2, 3], rows()]) {
      await storage.run('starter', async () => await concurrently(source, change, { concurrency: 1 }));
    }

    const lines = [1, 2, 3].flatMap((n) => [`begin ${n}: starter`, `next ${n}: changed by ${n}`]);
    expect(log.lines).toEqual([...lines, ...lines]);
  });

  it('is that of its start, where its first segment is cut off, and what it waits for ends later', async () => {
    const log = new Log();
    const ends = new Subject<void>();

    const run = storage.run('starter', () =>
      AsyncScope.run(function* (scope) {
        try {
          scope.start(NEVER.pipe(finalize(() => cleanup(ends))));
          scope.cancel();
          yield* sleep(1);
        } finally {
          log.add('finally');
        }
      }).then(undefined, () => log.add('run')),
    );
    await sleep(0);
    storage.run('other', () => ends.complete());
    await run;

    expect(log.lines).toEqual(['finally: starter', 'run: starter']);
  });

  const ends: Readonly<Record<string, (cancels: () => void) => void>> = {
    'a teardown': (cancels) => cancels(),
    'a cleanup': (cancels) => void cleanup(tamed(cancels)()),
  };

  const cases = Object.entries(ends).flatMap(([what, end]) => [
    { what: `${what} of the Observable`, end, source: timer(1) },
    { what: `${what} of the Observable that emitted at once`, end, source: of(1) },
  ]);
  for (const { what, end, source } of cases) {
    it(`is that of its start, where ${what} for which it waited has cancelled it`, async () => {
      const log = new Log();
      const scope = new AsyncScope();
      const cancels = (): void => storage.run('canceller', () => scope.cancel());
      const waits = tamed(function* () {
        try {
          yield* tamed.from(source.pipe(finalize(() => end(cancels))));
        } finally {
          log.add('finally');
        }
      });

      storage.run('starter', () => scope.start(waits()));
      await scope.close();

      expect(log.lines).toEqual(['finally: starter']);
    });
  }
});
