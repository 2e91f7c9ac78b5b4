import {
  animationFrameScheduler,
  asapScheduler,
  asyncScheduler,
  concat,
  config,
  finalize,
  ignoreElements,
  interval,
  map,
  merge,
  NEVER,
  observeOn,
  of,
  scheduled,
  take,
  timer,
} from 'rxjs';

import { AsyncScope, cleanup, ScopeError, sleep, tamed, type DelayedResult } from 'async-tamer';
import { runMarbles } from 'async-tamer/testing';
import { onlyWhere } from '../support/runtime.ts';
import { later, load, careful } from './calls.ts';
import { complaint } from './complaint.ts';

describe('runMarbles()', () => {
  it('returns what the test returns', () => {
    expect(runMarbles(() => 1)).toBe(1);
  });

  it('reads diagrams as RxJS does, and passes when they hold', () => {
    runMarbles(({ cold, hot, time, expectObservable, expectSubscriptions }) => {
      const a = cold('  --a--b|');
      const b = hot('   -x-y-z');

      expectObservable(concat(cold('a 99ms |'), of('b'))).toBe('a 99ms (b|)');
      expectObservable(merge(a, b).pipe(take(5))).toBe('-xay-(zb|)');
      expectObservable(interval(time('--|')), '^----!').toBe('--a-b', { a: 0, b: 1 });
      expectObservable(cold('--#')).toBe('--#');
      expectObservable(a, '---^--!').toBe('-----a');
      expectSubscriptions(a.subscriptions).toBe(['^----!', '---^--!']);
    });
  });

  it('runs an expectation that one Observable is like another', () => {
    const test = (other: string) => () =>
      runMarbles(({ cold, expectObservable }) => {
        expectObservable(cold('--a|')).toEqual(cold(other));
      });

    expect(test('--a|')).not.toThrow();
    expect(test('-a|')).toThrowError(/expected {2}-a\|\n {2}actual {4}--a\|/);
  });

  it('runs the other schedulers of RxJS in virtual time, too', () => {
    runMarbles(({ animate, cold, expectObservable }) => {
      animate('               ---x---x');
      expectObservable(scheduled(['a'], asapScheduler)).toBe('(a|)');
      expectObservable(cold('-a').pipe(observeOn(animationFrameScheduler))).toBe('---a');
    });
  });

  onlyWhere.contextIsCarried.it(
    'waits for the cleanup of a source that a timer ends, as real time does',
    () => {
      runMarbles(({ cold, scope, expectObservable, expectScope }) => {
        const held = timer(5).pipe(finalize(() => cleanup(cold('-----|'))));
        const own = scope();

        own.start(
          tamed(function* waits() {
            return yield* tamed.from(merge(of('a'), held.pipe(ignoreElements())));
          })(),
        );
        expectObservable(own.close()).toBe('----------(a|)', { a: undefined });
        expectScope(own).toBe(`
        waits  ^----(a|)~.
        scope  ----------|
      `);
      });
    },
  );

  onlyWhere.nodeIsThere.it('runs what is scheduled in the context in which it was scheduled', () => {
    const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];

    runMarbles(({ cold, flush }) => {
      const see = () => seen.push(storage.getStore());
      storage.run('a', () => timer(5).subscribe(see));
      storage.run('b', () => interval(5).pipe(take(2)).subscribe(see));
      storage.run('c', () => cold('-----c|').subscribe(see));
      storage.run('d', () => scheduled(['d'], asapScheduler).subscribe(see));
      flush();
    });

    expect(seen).toEqual(['d', 'a', 'b', 'c', 'b']);
  });

  it('gives calls, timeouts and the times of events its clock', () => {
    runMarbles(({ scope, expectObservable }) => {
      const times: number[] = [];
      const own = scope({ timeout: 20 });
      own.events$.subscribe(({ time }) => times.push(time));
      const result = own.start(later(30, 'late'));
      own.close().subscribe({ error: () => times.push(asyncScheduler.now()) });

      expectObservable(result).toBe('20ms |');
      timer(50).subscribe(() => expect(times).toEqual([0, 20, 20]));
    });
  });

  it('flushes in the middle of a test, and looks at what was expected so far', () => {
    runMarbles(({ cold, expectObservable, flush }) => {
      const seen: string[] = [];
      expectObservable(cold('--a|')).toBe('--a|');
      cold('----b').subscribe((value) => seen.push(value));

      flush();

      expect(seen).toEqual(['b']);
      expect(asyncScheduler.now()).toBe(4);
      expectObservable(cold('-a|')).toBe('-a|');
      expect(flush).toThrowError(/expected {2}-a\|\n {2}actual {4}-----a\|/);
    });
  });

  it('flushes in the callback of a timer, too', () => {
    runMarbles(({ flush }) => {
      const log: string[] = [];
      timer(8).subscribe(() => log.push('8'));
      timer(5).subscribe(() => {
        flush();
        log.push('flushed');
      });

      flush();

      expect(log).toEqual(['8', 'flushed']);
    });
  });

  it('refuses arguments that are wrong, each at once', () => {
    const wrong = undefined as never;

    expect(() => runMarbles(wrong)).toThrowError(
      TypeError,
      'runMarbles() takes a function, but got undefined.',
    );
    runMarbles(({ cold, hot, time, animate, expectObservable, expectSubscriptions }) => {
      expect(() => cold(wrong)).toThrowError(TypeError, /^cold\(\) takes a diagram/);
      expect(() => hot(wrong)).toThrowError(TypeError, /^hot\(\) takes a diagram/);
      expect(() => time(wrong)).toThrowError(TypeError, /^time\(\) takes a diagram/);
      expect(() => expectObservable(wrong)).toThrowError(
        TypeError,
        'expectObservable() takes an Observable, but got undefined.',
      );
      expect(() => expectSubscriptions(wrong)).toThrowError(
        TypeError,
        'expectSubscriptions() takes the "subscriptions" of a cold or hot Observable, but got undefined.',
      );
      const source = cold('a');
      expect(() => animate(wrong)).toThrowError(TypeError, /^animate\(\) takes a diagram/);
      expect(() => expectObservable(source, 5 as never)).toThrowError(
        TypeError,
        /^expectObservable\(\) takes a diagram/,
      );
      expect(() => expectObservable(source).toBe(wrong)).toThrowError(TypeError, /^toBe\(\) takes a diagram/);
      expect(() => expectObservable(source).toEqual(wrong)).toThrowError(
        TypeError,
        'toEqual() takes an Observable, but got undefined.',
      );
      expect(() => expectSubscriptions(source.subscriptions).toBe(wrong)).toThrowError(
        TypeError,
        /^toBe\(\) takes a diagram/,
      );
      expect(() => expectSubscriptions(source.subscriptions).toBe(['^', wrong])).toThrowError(
        TypeError,
        /^toBe\(\) takes a diagram/,
      );
    });
  });

  it('leaves the clock of RxJS as it was', () => {
    runMarbles(() => undefined);

    expect(() => runMarbles(() => fail())).toThrowError('mine');
    spyOn(Date, 'now').and.returnValue(1_234);
    expect(asyncScheduler.now()).toBe(1_234);
    expect(Object.hasOwn(asyncScheduler, 'flush')).toBe(false);
  });

  it('refuses to begin inside another run, and an async function', () => {
    expect(complaint(() => runMarbles(() => 1))).toBe(
      'runMarbles() cannot begin while another run is under way. Let that end first.',
    );
    expect(complaint(() => Promise.reject(new Error('unheard')))).toMatch(
      /runMarbles\(\) got an async function.*Use "await runMarblesAsync\(…\)"/,
    );
  });

  describe('when an Observable does something else', () => {
    it('draws what is expected and what happens in the same columns', () => {
      const message = complaint(({ cold, expectObservable }) => {
        expectObservable(cold('--a--(b|)')).toBe('--a---(b|)');
      });

      expect(message).toBe(
        [
          'An Observable does not emit what is expected. The first difference is at 5 ms.',
          '',
          '  expected  --a---(b|)',
          '  actual    --a--(b|)',
        ].join('\n'),
      );
    });

    it('shortens what is long in all of them in the same place', () => {
      const message = complaint(({ cold, expectObservable }) => {
        expectObservable(cold('-a 2s b 999ms |')).toBe('-a 1999ms b 999ms |');
      });

      expect(message).toContain('  expected  -a 1999ms b- 998ms |\n  actual    -a 1999ms -b 998ms -|');
    });

    it('says what the letters stand for, and finds letters for what is not expected', () => {
      const message = complaint(({ cold, expectObservable }) => {
        const values = { a: { id: 1 }, b: { id: 2 } };
        expectObservable(
          cold('abc|', { ...values, c: [new Map([['x', 1]]), undefined, new URL('https://a.org')] }),
        ).toBe('aab|', values);
      });

      expect(message).toContain(
        [
          '  expected  aab|',
          '  actual    abA|',
          '',
          '  a = { id: 1 }',
          '  b = { id: 2 }',
          '  A = [Map { "x" => 1 }, undefined, https://a.org/]',
        ].join('\n'),
      );
    });

    it('keeps apart letters of one value, as they were written', () => {
      const message = complaint(({ cold, expectObservable }) => {
        expectObservable(cold('x-x|')).toBe('a-b-|', { a: 'x', b: 'x' });
      });

      expect(message).toContain('  expected  a-b-|\n  actual    a-b|');
    });

    it('says which failure it is, where that differs', () => {
      const message = complaint(({ cold, expectObservable }) => {
        expectObservable(cold('-#', undefined, new RangeError('Too far.'))).toBe('-#');
      });

      expect(message).toContain('  # = RangeError: Too far., and "error" is expected');
    });

    it('shows a matcher of the test framework as that describes it', () => {
      const message = complaint(({ cold, expectObservable }) => {
        const jest = { asymmetricMatch: () => false, toAsymmetricMatcher: () => 'Any<Number>' };
        expectObservable(cold('ab')).toBe('ab', { a: jasmine.any(Number), b: jest });
      });

      expect(message).toContain('  a = <jasmine.any(Number)>\n  b = Any<Number>');
    });

    it('writes a table of what cannot be drawn', () => {
      const message = complaint(({ expectObservable }) => {
        expectObservable(concat(of('x', 'y'), timer(1).pipe(map(() => 'z')))).toBe('(xy)(z|)');
      });

      expect(message).toContain(
        ['  at   expected  actual', '  0ms  xy        xy', '  1ms            z|', '  4ms  z|'].join('\n'),
      );
    });

    it('tells of all that is wrong at once, and points at the first expectation', () => {
      let error: Error | undefined;
      try {
        runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
          const source = cold('--a|');
          expectObservable(source, '-^-!').toBe('-a');
          expectSubscriptions(source.subscriptions).toBe('^--!');
        });
      } catch (thrown) {
        error = thrown as Error;
      }

      expect(error?.message).toBe(
        [
          'An Observable does not emit what is expected. The first difference is at 1 ms.',
          '',
          '  expected  -a',
          '  actual',
          '',
          'Something is not subscribed as expected.',
          '',
          '  expected  ^--!',
          '  actual    -^-!',
        ].join('\n'),
      );
      expect(/^ +at .*$/m.exec(error?.stack ?? '')?.[0]).toMatch(/marbles\.spec\.ts/);
    });

    it('compares values by what they hold', () => {
      const same = (actual: unknown, expected: unknown): boolean =>
        complaint(({ cold, expectObservable }) => {
          expectObservable(cold('a', { a: actual })).toBe('a', { a: expected });
        }) === 'nothing';
      const [cycle, other] = [{ self: {} }, { self: {} }];
      [cycle.self, other.self] = [cycle, other];

      const equal: [unknown, unknown][] = [
        [NaN, NaN],
        [new Date(1), new Date(1)],
        [new Error('a', { cause: 1 }), new Error('a', { cause: 1 })],
        [new Map([[1, { a: [1] }]]), new Map([[1, { a: [1] }]])],
        [new Set(['a']), new Set(['a'])],
        [cycle, other],
        [7, jasmine.any(Number)],
        [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
        [new AggregateError([new Error('a')]), new AggregateError([new Error('a')])],
        [new URL('https://a.org/b'), new URL('b', 'https://a.org')],
        [new Headers({ a: '1' }), new Headers({ A: '1' })],
        [Object(1n), Object(1n)],
      ];
      const unequal: [unknown, unknown][] = [
        [0, -0],
        [new Date(1), new Date(2)],
        [new Error('a'), new TypeError('a')],
        [new Error('a', { cause: 1 }), new Error('a', { cause: 2 })],
        [new Map([[1, { a: [1] }]]), new Map([[1, { a: [2] }]])],
        [{ a: 1 }, { a: 1, b: undefined }],
        [{}, Object.create(null)],
        [Promise.resolve(), Promise.resolve()],
        ['7', jasmine.any(Number)],
        [[1], { 0: 1, length: 1 }],
        [new AggregateError([new Error('a')]), new AggregateError([new Error('b')])],
        [new URL('https://a.org'), new URL('https://b.org')],
        [new URLSearchParams('a=1'), new URLSearchParams('a=2')],
        [new Headers({ a: '1' }), new Headers({ a: '2' })],
        [new DataView(new ArrayBuffer(1)), new DataView(new Uint8Array([1]).buffer)],
        [new DataView(new ArrayBuffer(2)), new DataView(new ArrayBuffer(2), 1)],
        [new Blob(['a']), new Blob(['b'])],
        [new WeakRef({ a: 1 }), new WeakRef({ a: 2 })],
        [Object(1n), Object(2n)],
      ];

      expect(equal.filter(([actual, expected]) => !same(actual, expected))).toEqual([]);
      expect(unequal.filter(([actual, expected]) => same(actual, expected))).toEqual([]);
    });
  });

  describe('when something throws', () => {
    it('tells of that alone, and not of an async function that it had to let go', async () => {
      const { onUnhandledError } = config;
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error);

      expect(() =>
        runMarbles(({ scope }) => {
          const page = scope();
          page.start(tamed(() => new Promise<never>(() => {}))());
          page.close();
        }),
      ).toThrowError(/waits for a promise/);
      await new Promise((resolve) => setTimeout(resolve, 5));
      config.onUnhandledError = onUnhandledError;

      expect(reported).toEqual([]);
    });

    it('throws what the test throws, and nothing of what is wrong besides', () => {
      const thrown = new Error('mine');

      const act = (): unknown =>
        runMarbles(({ scope, cold, expectObservable }) => {
          scope().start(NEVER);
          expectObservable(cold('a')).toBe('b');
          throw thrown;
        });

      expect(act).toThrow(thrown);
    });

    it('throws what a timer has thrown, and ends there', () => {
      const seen: string[] = [];

      const message = complaint(() => {
        timer(5).subscribe(() => {
          throw new Error('at 5');
        });
        timer(6).subscribe(() => seen.push('at 6'));
      });

      expect(message).toBe('at 5');
      expect(seen).toEqual([]);
    });

    it('throws what a timer has thrown while the test blocked, rather than what that made of it', () => {
      const message = complaint(() => {
        timer(5).subscribe(() => {
          throw new Error('at 5');
        });
        sleep(10).block();
        throw new Error('mine');
      });

      expect(message).toBe('at 5');
    });

    it('cancels what still runs, so that it does not run on into other tests', () => {
      const scopes: AsyncScope[] = [];
      const results: DelayedResult<unknown>[] = [];

      complaint(({ scope }) => {
        scopes.push(scope());
        results.push(scopes[0]!.start(careful(1000)));
        throw new Error('mine');
      });

      expect(results[0]?.status).toBe('cancelled');
      expect(scopes[0]?.size).toBe(0);
    });
  });

  describe('at its end', () => {
    it('fails for a scope that is left open, with the names of what still runs', () => {
      const outer = tamed(function* outer() {
        yield* inner();
      });
      const inner = tamed(function* inner() {
        yield* tamed.from(NEVER);
      });

      const message = complaint(({ scope }) => {
        const own = scope({ name: 'dashboard', concurrency: 2 });
        own.start(outer());
        own.start(NEVER);
        own.start(later(1, 'queued'));
      });

      expect(message).toBe(
        [
          'The scope "dashboard" is left open, and in it still runs: (close it, or cancel it)',
          '  outer (#1) is running, at inner',
          '  #2 is running',
          '  later (#3) is queued',
        ].join('\n'),
      );
    });

    it('fails for one that is closing, or cancelled, while something in it does not end', () => {
      const forever = tamed(function* forever() {
        try {
          yield* sleep(5);
        } finally {
          yield* tamed.from(NEVER);
        }
      });

      expect(complaint(({ scope }) => scope().start(forever()))).toContain('forever (#1) is running');
      expect(
        complaint(({ scope }) => {
          const own = scope({ cleanupTimeout: Infinity });
          own.start(forever());
          own.cancel();
        }),
      ).toContain(
        'A scope is left open, and in it still runs: (close it, or cancel it)\n  forever (#1) is cleaning up',
      );
    });

    it('fails for one of its own in which nothing runs, unless it was closed or cancelled', () => {
      expect(complaint(({ scope }) => scope({ name: 'idle' }))).toBe(
        'The scope "idle" is left open, though nothing runs in it. Close it, or cancel it.',
      );
      expect(complaint(({ scope }) => scope().cancel())).toBe('nothing');
      expect(complaint(({ scope }) => scope().close())).toBe('nothing');
      expect(complaint(() => new AsyncScope())).toBe('nothing');
      expect(complaint(() => new AsyncScope().start(NEVER))).toContain('#1 is running');
    });

    it('fails for the body of a run that does not end', () => {
      const message = complaint(() => {
        AsyncScope.run(function* body() {
          yield* tamed.from(NEVER);
        }).subscribe();
      });

      expect(message).toContain('its body');
    });

    it('fails for failures that nobody has heard of', () => {
      const fails = tamed(function* fails() {
        yield* sleep(1);
        throw new Error('Oh no!');
      });

      expect(complaint(({ scope }) => scope({ name: 'own' }).start(fails()))).toBe(
        'The scope "own" has failures that no code has heard of. Close it, and look at the error that its close throws.\n  Error: Oh no!',
      );
      expect(() =>
        runMarbles(({ scope }) => {
          const own = scope();
          own.start(fails());
          own.close();
        }),
      ).toThrowError(ScopeError, /^1 async function failed/);
    });

    it('fails when virtual time does not end, and names what goes on', () => {
      const poll = tamed(function* poll() {
        for (;;) {
          yield* sleep(5);
        }
      });

      const message = complaint(({ scope }) => scope({ name: 'own' }).start(poll()));

      expect(message).toMatch(
        /^Virtual time does not end: after \d+ steps, at \d+ ms, something is still due\.\n {2}in the scope "own", poll \(#1\) is running, at sleep$/,
      );
    });
  });

  describe('with an async function', () => {
    it('fails with its name, and proposes a coroutine, rather than with a wrong diagram', () => {
      const message = complaint(({ scope, expectObservable }) => {
        const own = scope({ name: 'own' });
        expectObservable(own.start(load(3, 'a'))).toBe('---(a|)');
        own.close();
      });

      expect(message).toBe(
        '"load" still waits for a promise. Native promises do not run on a virtual clock: ' +
          'make it a coroutine (function*), or use "await runMarblesAsync(…)".\n' +
          '  in the scope "own", load (#1) is running, at a promise',
      );
    });

    it('names it though it is nested, in no scope, or cancelled', () => {
      const outer = tamed(function* outer() {
        yield* load(1, 'a');
      });

      expect(complaint(({ scope }) => scope().start(outer()))).toContain(
        'outer (#1) is running, at load › a promise',
      );
      expect(complaint(({ expectObservable }) => expectObservable(load(1, 'a')).toBe('-(a|)'))).toContain(
        '"load" still waits for a promise.',
      );
      expect(
        complaint(({ scope }) => {
          const own = scope({ cleanupTimeout: Infinity });
          own.start(load(1, 'a'));
          own.cancel();
        }),
      ).toContain('load (#1) is cleaning up, at a promise');
    });

    it('fails for a promise that is started, too', () => {
      const message = complaint(({ scope }) => scope().start(Promise.resolve(1)));

      expect(message).toMatch(/^A call still waits for a promise\./);
    });
  });
});

function fail(): never {
  throw new Error('mine');
}
