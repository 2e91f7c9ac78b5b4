import {
  animationFrameScheduler,
  asapScheduler,
  asyncScheduler,
  concat,
  interval,
  map,
  merge,
  NEVER,
  observeOn,
  of,
  scheduled,
  Subject,
  take,
  timer,
} from 'rxjs';

import { AsyncScope, BlockingError, ScopeError, sleep, tamed, type DelayedResult } from 'async-tamer';
import { expectNothingRunning, runMarbles, runMarblesAsync, type MarbleHelpers } from 'async-tamer/testing';

import { onlyWhere } from '../support/runtime.ts';

const later = tamed(function* later<T>(ms: number, value: T) {
  yield* sleep(ms);
  return value;
});

const load = tamed(async function load<T>(ms: number, value: T) {
  await sleep(ms);
  return value;
});

const careful = tamed(function* careful(ms: number) {
  try {
    yield* sleep(ms);
  } finally {
    yield* sleep(3);
  }
});

/** What a run in virtual time throws: its message, trimmed at the end of each line. */
function complaint(body: (helpers: MarbleHelpers) => unknown): string {
  try {
    runMarbles(body);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

async function rejection(run: Promise<unknown>): Promise<string> {
  return await run.then(
    () => 'nothing',
    (error: unknown) => (error as Error).message,
  );
}

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

  it('leaves the clock of RxJS as it was', () => {
    const before = asyncScheduler.now();

    runMarbles(() => undefined);

    expect(() => runMarbles(() => fail())).toThrowError('mine');
    expect(asyncScheduler.now()).toBeGreaterThanOrEqual(before);
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
        expectObservable(cold('abc|', { ...values, c: [new Map([['x', 1]]), undefined] })).toBe(
          'aab|',
          values,
        );
      });

      expect(message).toContain(
        [
          '  expected  aab|',
          '  actual    abA|',
          '',
          '  a = { id: 1 }',
          '  b = { id: 2 }',
          '  A = [Map { "x" => 1 }, undefined]',
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
      ];

      expect(equal.filter(([actual, expected]) => !same(actual, expected))).toEqual([]);
      expect(unequal.filter(([actual, expected]) => same(actual, expected))).toEqual([]);
    });
  });

  describe('when something throws', () => {
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
          const own = scope();
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
        'The scope "own" has failures that nobody has heard of. Close it, and look at what that raises.\n  Error: Oh no!',
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
          const own = scope();
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

  describe('with block()', () => {
    it('advances the clock, also for sleep()', () => {
      runMarbles(() => {
        expect(later(10, 'a').block()).toBe('a');
        expect(asyncScheduler.now()).toBe(10);

        sleep(5).block();

        expect(asyncScheduler.now()).toBe(15);
      });
    });

    it('runs what comes meanwhile, in order, and what is hot', () => {
      runMarbles(({ hot, expectObservable }) => {
        const log: string[] = [];
        const source = hot('--a--b--|');
        source.subscribe((value) => log.push(value));
        timer(3).subscribe(() => log.push('timer'));
        expectObservable(source).toBe('--a--b--|');

        sleep(4).block();

        log.push('blocked');
        timer(10).subscribe(() => expect(log).toEqual(['a', 'timer', 'blocked', 'b']));
      });
    });

    it('works in the callback of a timer, and in one within that', () => {
      runMarbles(() => {
        const log: string[] = [];
        const say = (text: string): number => log.push(`${asyncScheduler.now()} ${text}`);
        timer(5).subscribe(() => {
          say('outer');
          sleep(20).block();
          say('outer goes on');
        });
        timer(7).subscribe(() => {
          say('inner');
          expect(later(10, 'a').block()).toBe('a');
          say('inner goes on');
        });
        timer(9).subscribe(() => say('innermost'));
        timer(30).subscribe(() => say('last'));

        sleep(100).block();

        expect(log).toEqual([
          '5 outer',
          '7 inner',
          '9 innermost',
          '17 inner goes on',
          '25 outer goes on',
          '30 last',
        ]);
      });
    });

    it('lets an interval wait that blocks itself for longer than it takes', () => {
      runMarbles(() => {
        const times: number[] = [];
        interval(5)
          .pipe(take(2))
          .subscribe(() => {
            times.push(asyncScheduler.now());
            sleep(12).block();
          });

        sleep(100).block();

        expect(times.length).toBe(2);
        expect(times[0]).toBe(5);
        expect(times[1]).toBeGreaterThanOrEqual(17);
      });
    });

    it('closes a scope with "using"', () => {
      runMarbles(() => {
        const log: string[] = [];
        {
          using scope = new AsyncScope();
          scope.start(later(20, 'b')).subscribe((value) => log.push(value));
          scope.start(later(10, 'a')).subscribe((value) => log.push(value));
        }
        log.push('closed');

        expect(log).toEqual(['a', 'b', 'closed']);
      });
    });

    it('works in a microtask', async () => {
      await Promise.resolve();

      runMarbles(() => {
        expect(later(10, 'a').block()).toBe('a');
      });
    });

    it('throws a BlockingError when nothing is due that could settle it: a native promise', () => {
      runMarbles(() => {
        expect(() => load(1, 'a').block()).toThrowError(BlockingError, /Native promises do not run on it/);
        expect(() => tamed.from(NEVER).block()).toThrowError(BlockingError, /nothing is due/);
      });
    });
  });
});

describe('expectScope()', () => {
  it('reads a row for each child and one for the scope', () => {
    runMarbles(({ scope, expectScope, cold }) => {
      const own = scope({ concurrency: 3, errorMode: 'continue' });
      const fails = tamed(function* fails() {
        yield* sleep(2);
        throw new RangeError('Too far.');
      });
      own.start(later(3, { id: 1 }));
      own.start(cold('-x-y'));
      own.start(fails());
      own.start(careful(100));
      timer(8).subscribe(() => own.cancel());
      own.close();

      expectScope(own).toBe(
        `
          later    ^--(a|)
          #2       ^x-y----!
          fails    ^-#
          careful  :-^-----!~~.
          scope    --------!--#
        `,
        { a: { id: 1 } },
        new RangeError('Too far.'),
      );
    });
  });

  it('reads what is let go, what never starts, and a scope that starts cancelled', async () => {
    const passes = await runMarblesAsync(({ scope, expectScope }) => {
      const never = tamed(async function never() {
        await new Promise(() => {});
      });
      const own = scope({ concurrency: 1 });
      expectScope(own).toBe(`
        never  ^-(!?.)
        later  :-!
        scope  --(!|)
      `);
      expectScope(scope({ signal: AbortSignal.abort() })).toBe('scope  !');
      own.start(never());
      own.start(later(1, 'a'));
      void own.close();
      timer(2).subscribe(() => own.cancel());
      return true;
    });

    expect(passes).toBe(true);
  });

  it('draws the rows that differ below each other, and explains its signs', () => {
    const message = complaint(({ scope, expectScope }) => {
      const own = scope({ name: 'own' });
      own.start(later(3, 'a'));
      own.start(careful(100));
      timer(5).subscribe(() => own.cancel());
      own.close();

      expectScope(own).toBe(`
        later    ^--(a|)
        careful  ^----!
        scope    -----!--|
      `);
    });

    expect(message).toBe(
      [
        'The scope "own" does not live as its diagram says (- expected, + actual).',
        '',
        '    later    ^--(a|)',
        '  - careful  ^----!',
        '  + careful  ^----!~~.',
        '    scope    -----!--|',
        '',
        '  ^ starts; | completes, or closes; ! is cancelled; . has cleaned up',
      ].join('\n'),
    );
  });

  it('draws children that are missing, and those that nobody expects', () => {
    const message = complaint(({ scope, expectScope }) => {
      const own = scope();
      own.start(later(1, 'a'));
      own.start(later(2, 'b'));
      own.close();

      expectScope(own).toBe(`
        later   ^(a|)
        careful ^-|
        scope   --|
      `);
    });

    expect(message).toContain(
      ['    later    ^(a|)', '  + later    ^-(b|)', '  - careful  ^-|', '    scope    --|'].join('\n'),
    );
  });

  it('says what failed, where that is not what is expected', () => {
    const message = complaint(({ scope, expectScope, cold }) => {
      const own = scope();
      own.start(cold('-#', undefined, new Error('Oh no!')));
      own.close();

      expectScope(own).toBe('#1 ^#\nscope -(!#)');
    });

    expect(message).toContain('  # of #1 = Error: Oh no!, and "error" is expected');
  });

  it('knows scopes made by others in the run, from their beginning', () => {
    runMarbles(({ expectScope }) => {
      let inner: AsyncScope | undefined;
      AsyncScope.run(function* (scope) {
        inner = scope;
        scope.start(later(4, 'a'));
        yield* sleep(1);
      }).subscribe();
      sleep(2).block();

      expectScope(inner!).toBe(`
        later  ^---(a|)
        scope  ----|
      `);
    });
  });

  it('does not know scopes from before, and takes nothing else', () => {
    const before = new AsyncScope();

    expect(complaint(({ expectScope }) => expectScope(before))).toMatch(
      /knows only scopes that were made in this run/,
    );
    expect(complaint(({ expectScope }) => expectScope({} as AsyncScope))).toMatch(
      /expectScope\(\) takes an AsyncScope, but got an object/,
    );
  });

  it('refuses a diagram that is no string', () => {
    const test = (): void =>
      runMarbles(({ scope, expectScope }) => {
        const closed = scope();
        closed.close();
        expectScope(closed).toBe({ scope: '(^|)' } as never);
      });

    expect(test).toThrowError(TypeError, /^toBe\(\) takes a diagram, which is a string, but got an object/);
  });

  it('reads all of it in one line, by events', () => {
    const test = (line: string) => (): void =>
      runMarbles(({ scope, expectScope }) => {
        const own = scope();
        expectScope(own).toTell(line, {
          a: { type: 'start', name: 'later' },
          b: { type: 'next', value: 'x' },
          c: { type: 'complete', id: 1 },
          d: { type: 'cancel' },
        });
        own.start(later(2, 'x'));
        own.start(later(20, 'y'));
        timer(8).subscribe(() => own.cancel());
        own.close();
      });

    expect(test('(aa)(bc)(d!|)')).toThrowError(/does not tell what is expected/);
    expect(test('ae')).toThrowError(TypeError, /The letter "e" stands for no event/);
    expect(test('a-(bc)--(d!|)')).toThrow();
    expect(() => {
      runMarbles(({ scope, expectScope }) => {
        const own = scope();
        expectScope(own).toTell('(aa)-(bc)-(d!|)', {
          a: { type: 'start', name: 'later' },
          b: { type: 'next', value: 'x' },
          c: { type: 'complete', id: 1 },
          d: { type: 'cancel' },
        });
        own.start(later(5, 'x'));
        own.start(later(20, 'y'));
        timer(10).subscribe(() => own.cancel());
        own.close();
      });
    }).not.toThrow();
  });

  it('draws that line, with letters for what no pattern fits', () => {
    const message = complaint(({ scope, expectScope }) => {
      const own = scope({ name: 'own' });
      expectScope(own).toTell('a----(bb|)', { a: { type: 'start' }, b: { type: 'next', value: 'y' } });
      own.start(later(5, 'x'));
      own.close();
    });

    expect(message).toBe(
      [
        'The scope "own" does not tell what is expected.',
        '',
        '  expected  a----(bb|)',
        '  actual    a----(AB|)',
        '',
        '  a = { type: "start" }',
        '  b = { type: "next", value: "y" }',
        '  A = { type: "next", value: "x", id: 1, name: "later" }',
        '  B = { type: "complete", id: 1, name: "later" }',
      ].join('\n'),
    );
  });
});

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

describe('expectNothingRunning()', () => {
  const told = (): string => {
    try {
      expectNothingRunning();
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };

  beforeEach(() => {
    told(); // What other specs have left.
  });

  it('passes when all has ended', async () => {
    const scope = new AsyncScope();
    scope.start(later(1, 'a'));
    await scope.close();
    await load(1, 'a');
    load(1, 'a').pipe(take(1)).subscribe().unsubscribe();
    await sleep(0);
    await sleep(0);

    expect(told()).toBe('nothing');
  });

  it('passes after a call that block() has refused, since it has not begun', async () => {
    await null;
    expect(() => load(1, 'a').block()).toThrowError(BlockingError);

    expect(told()).toBe('nothing');
  });

  it('names what runs and what cleans up in a scope', () => {
    const scope = new AsyncScope({ name: 'own' });
    scope.start(careful(1));
    scope.cancel();
    const other = new AsyncScope({ timeout: 60_000 });
    other.start(NEVER);

    const message = told();

    expect(message).toBe(
      [
        '3 things still run:',
        '  in the scope "own", careful (#1) is cleaning up, at sleep',
        '  in a scope, #1 is running',
        '  in a scope, the timer of its timeout',
      ].join('\n'),
    );
    other.cancel();
  });

  it('names calls that are awaited, or subscribed', () => {
    const stop = new Subject<void>();
    const waits = tamed(function* waits() {
      yield* tamed.from(stop);
    });
    const subscription = waits().subscribe();
    void load(0, 'a').catch(() => undefined);

    expect(told()).toBe('2 things still run:\n  the call "waits"\n  the call "load", at a promise');
    subscription.unsubscribe();
  });

  it('tells of each once, also of the next in the same scope', () => {
    const scope = new AsyncScope({ name: 'own' });
    scope.start(NEVER);

    expect(told()).toContain('#1');
    expect(told()).toBe('nothing');
    scope.start(NEVER);
    expect(told()).toBe('1 thing still runs:\n  in the scope "own", #2 is running');
    scope.cancel();
  });

  it('counts the timers of a run', () => {
    runMarbles(({ flush }) => {
      timer(7).subscribe();
      timer(9).subscribe();

      expect(told()).toBe('1 thing still runs:\n  2 timers on the virtual clock, the next one due at 7 ms');
      flush();
      expect(told()).toBe('nothing');
    });
  });

  it('leaves to a run what began in it', () => {
    runMarbles(({ expectObservable }) => {
      expectObservable(tamed.from(NEVER)).toBe('');
    });

    expect(told()).toBe('nothing');
  });
});

function fail(): never {
  throw new Error('mine');
}
