import { EMPTY, EmptyError, finalize, NEVER } from 'rxjs';

import {
  allSettled,
  AsyncScope,
  BlockingError,
  CancelledError,
  concurrently,
  ScopeError,
  sleep,
  tamed,
  type DelayedResult,
} from '../../src/index.ts';
import { errorOf, firstLineOf, thrownBy } from '../support/outcome.ts';
import { onlyWhere } from '../support/runtime.ts';

const load = tamed(function* load(error: unknown) {
  yield* sleep(0);
  throw error;
});

/** What closing the scope raises. */
async function messageOf(scope: AsyncScope): Promise<string[]> {
  const error = await scope.close().then(
    () => new Error('nothing raised'),
    (raised: unknown) => raised as Error,
  );
  return error.message.split('\n');
}

describe('The message of a ScopeError', () => {
  it('says how many failed, in which scope, and which child with what', async () => {
    const scope = new AsyncScope({ name: 'page', errorMode: 'continue' });
    scope.start(load(new Error('Oh no!')));
    scope.start(load(new TypeError('not a function')));

    expect(await messageOf(scope)).toEqual([
      '2 async functions failed in the scope "page":',
      '  load (#1): Error: Oh no!',
      '  load (#2): TypeError: not a function',
    ]);
  });

  it('names a child by its number, where its function has no name, and no scope, where that has none', async () => {
    const scope = new AsyncScope();
    scope.start(Promise.reject(new Error('Oh no!')));

    expect(await messageOf(scope)).toEqual(['1 async function failed:', '  #1: Error: Oh no!']);
  });

  it('has a line for each of the first ten, and says how many more there are', async () => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    for (let i = 1; i <= 12; i++) {
      scope.start(load(new Error(`error ${i}`)));
    }

    const lines = await messageOf(scope);

    expect(lines.length).toBe(12);
    expect(lines[0]).toBe('12 async functions failed:');
    expect(lines[10]).toBe('  load (#10): Error: error 10');
    expect(lines[11]).toBe('  … and 2 more, in "errors"');
  });

  it('names the child whose cleanup threw', async () => {
    const scope = new AsyncScope({ name: 'page', exitMode: 'cancel' });
    const fails = (): void => {
      throw new RangeError('still open');
    };
    scope.start(sleep(1));
    scope.start(NEVER.pipe(finalize(fails)));

    expect(await messageOf(scope)).toEqual([
      '1 async function failed in the scope "page":',
      '  #2: RangeError: still open',
    ]);
  });

  it('quotes what was thrown and is no error, and takes one line of a long message', async () => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    scope.start(load('Oh no!'));
    scope.start(load(undefined));
    scope.start(load(new Error('Expected 1\nto equal 2')));
    scope.start(load(new Error()));

    expect(await messageOf(scope)).toEqual([
      '4 async functions failed:',
      '  load (#1): "Oh no!" (string)',
      '  load (#2): undefined',
      '  load (#3): Error: Expected 1',
      '  load (#4): Error',
    ]);
  });

  it('says of an error that cannot be read that it cannot', async () => {
    const scope = new AsyncScope();
    const unreadable = new Proxy(
      {},
      {
        get() {
          throw new Error('sealed');
        },
      },
    );
    scope.start(load(unreadable));

    expect(await messageOf(scope)).toEqual(['1 async function failed:', '  load (#1): what cannot be read']);
  });

  it('tells what a nested scope raised, line by line', async () => {
    const scope = new AsyncScope({ name: 'page', errorMode: 'continue' });
    const dialog = AsyncScope.run(
      function* dialog(inner) {
        inner.start(load(new Error('Oh no!')));
        yield* sleep(10);
      },
      { name: 'dialog' },
    );
    scope.start(dialog);

    expect(await messageOf(scope)).toEqual([
      '1 async function failed in the scope "page":',
      '  dialog (#1): ScopeError: 1 async function failed in the scope "dialog":',
      '    load (#1): Error: Oh no!',
    ]);
  });

  it('tells of a long chain of scopes its begin and its end, and stays short', async () => {
    const outermost = new AsyncScope({ name: 'outermost' });
    let innermost = outermost;
    for (let depth = 1; depth < 500; depth++) {
      innermost = new AsyncScope({ parent: innermost, name: `scope ${depth}` });
    }
    innermost.start(load(new Error('Oh no!')));

    const lines = await messageOf(outermost);

    expect(lines.length).toBeLessThan(50);
    expect(lines.slice(0, 2)).toEqual([
      '1 async function failed in the scope "outermost":',
      '  ScopeError: 1 async function failed in the scope "scope 1":',
    ]);
    expect(lines.filter((line) => line.trim() === '…').length).toBe(1);
    expect(lines.at(-2)).toMatch(/^ {2,100}ScopeError: 1 async function failed in the scope "scope 499":$/);
    expect(lines.at(-1)).toMatch(/^ {2,100}load \(#1\): Error: Oh no!$/);
  });

  it('names the children also where the error of the body is its cause', async () => {
    const failure = new Error('of the body');
    const run = AsyncScope.run(
      (scope) => {
        scope.start(load(new Error('Oh no!')).pipe(finalize(() => undefined)));
        scope.start(
          tamed(function now() {
            throw new Error('at once');
          })(),
        );
        throw failure;
      },
      { name: 'page' },
    );

    const error = (await run.then(undefined, (raised: unknown) => raised)) as ScopeError;

    expect(error.cause).toBe(failure);
    expect(error.message).toBe('1 async function failed in the scope "page":\n  now (#2): Error: at once');
  });

  it('is made of the errors alone, where somebody else makes it', () => {
    const cause = new Error('why');
    const error = new ScopeError([new Error('Oh no!'), 'thrown'], { cause });

    expect(error.message).toBe('2 async functions failed:\n  Error: Oh no!\n  "thrown" (string)');
    expect(error.cause).toBe(cause);
    expect(new ScopeError([]).message).toBe('0 async functions failed');
  });

  it('stands in its stack, too', async () => {
    const scope = new AsyncScope({ name: 'page' });
    scope.start(load(new Error('Oh no!')));

    const error = (await scope.close().then(undefined, (raised: unknown) => raised)) as ScopeError;

    expect(error.stack).toContain(
      'ScopeError: 1 async function failed in the scope "page":\n  load (#1): Error',
    );
  });
});

describe('The message of a CancelledError', () => {
  it('names the scope that was cancelled, and says why', async () => {
    for (const [options, reason, message] of [
      [{ name: 'page' }, undefined, 'The scope "page" was cancelled.'],
      [{ name: 'page' }, 'closed by the user', 'The scope "page" was cancelled: closed by the user'],
      [{}, new RangeError('too far'), 'The scope was cancelled: RangeError: too far'],
      [{}, 42, 'The scope was cancelled: 42 (number)'],
    ] as const) {
      const scope = new AsyncScope(options);
      const before = scope.start(sleep(1000));

      scope.cancel(reason);

      await expectAsync(before).toBeRejectedWithError(CancelledError, message);
      await expectAsync(scope.start(sleep(1000))).toBeRejectedWithError(CancelledError, message);
    }
  });

  it('names the scope whose child failed, whose time was out, or whose exit mode it was', async () => {
    const failing = new AsyncScope({ name: 'failing' });
    const slow = new AsyncScope({ name: 'slow', timeout: 1 });
    const leaving = new AsyncScope({ name: 'leaving', exitMode: 'cancel' });
    const [first, second, third] = [failing, slow, leaving].map((scope) => scope.start(sleep(1000)));
    failing.start(load(new Error('Oh no!')));

    const closed = [failing, slow, leaving].map((scope) => scope.close().catch((error: unknown) => error));

    await expectAsync(first as DelayedResult<void>).toBeRejectedWithError(
      'The scope "failing" was cancelled: Error: Oh no!',
    );
    await expectAsync(second as DelayedResult<void>).toBeRejectedWithError(
      'The scope "slow" was cancelled: ' +
        'TimeoutError: The scope "slow" has run out of time: its "timeout" is 1 ms.',
    );
    await expectAsync(third as DelayedResult<void>).toBeRejectedWithError(
      'The scope "leaving" was cancelled.',
    );
    await Promise.all(closed);
  });

  it('names the outermost scope for those nested in it', async () => {
    const outer = new AsyncScope({ name: 'outer' });
    const inner = new AsyncScope({ name: 'inner', parent: outer });
    const result = inner.start(sleep(1000));

    outer.cancel();

    await expectAsync(result).toBeRejectedWithError('The scope "outer" was cancelled.');
  });

  it('names the child that its own signal has cancelled', async () => {
    await using scope = new AsyncScope();
    const controller = new AbortController();
    const result = scope.start(sleep(1000), { name: 'upload', signal: controller.signal });

    controller.abort('removed');

    await expectAsync(result).toBeRejectedWithError('upload (#1) was cancelled: removed');
  });

  it('names the call that was unsubscribed, to the code in it', async () => {
    const told: unknown[] = [];
    const call = tamed(async function save() {
      await sleep(1000).catch((error: unknown) => told.push((error as Error).message));
    })();

    call.subscribe().unsubscribe();
    await sleep(1);

    expect(told).toEqual(['The call save(…) was cancelled.']);
  });
});

describe('The message of an EmptyError', () => {
  const none = tamed(function find() {
    return EMPTY;
  });
  const ofCall = 'The call find(…) has completed without a value. ';
  const ways: Readonly<Record<string, () => PromiseLike<unknown>>> = {
    await: () => none(),
    'yield*': tamed(function* () {
      yield* none();
    }),
    'tamed.all()': () => tamed.all([none()]),
    'concurrently()': () => concurrently([1], none, { concurrency: 1 }),
    'block()': () => Promise.reject(thrownBy(() => none().block())),
    'allSettled()': () =>
      allSettled([none()]).then(([outcome]) =>
        Promise.reject((outcome as PromiseRejectedResult).reason as Error),
      ),
  };

  for (const [way, run] of Object.entries(ways)) {
    it(`names the call, to ${way}`, async () => {
      const error = await errorOf(run());

      expect(error).toBeInstanceOf(EmptyError);
      expect((error as Error).message).toContain(
        way === 'concurrently()' ? 'has completed without a value. ' : ofCall,
      );
    });
  }

  it('names the child whose result it was', async () => {
    await using scope = new AsyncScope();
    const result = scope.start(none());

    await expectAsync(result.then()).toBeRejectedWithError(
      EmptyError,
      /^The result of find \(#1\) has completed /,
    );
  });

  it('says so of what has no name', async () => {
    await expectAsync(tamed.from(EMPTY).then()).toBeRejectedWithError(/^What is waited for has completed /);
  });
});

describe('A complaint in a tamed generator', () => {
  it('begins at the line of the yield*, for what the library throws there', async () => {
    const stacks: string[] = [];
    await using scope = new AsyncScope();
    const own: DelayedResult<unknown> = scope.start(
      tamed(function* () {
        yield* sleep(1);
        for (const waited of [tamed.from(EMPTY), own, scope.close()]) {
          try {
            yield* waited;
          } catch (error) {
            stacks.push(firstLineOf(error as Error));
          }
        }
      })(),
    );
    await own;

    expect(stacks.length).toBe(3);
    expect(stacks.filter((line) => !line.includes('messages.spec.ts'))).toEqual([]);
  });

  for (const [when, ms] of [
    ['at once', undefined],
    ['late', 1],
  ] as const) {
    it(`begins at the line of the generator, for a yield without a star, ${when}`, async () => {
      const forgetful = tamed(function* () {
        if (ms !== undefined) {
          yield* sleep(ms);
        }
        yield sleep(1) as never;
      });

      const ways = [
        forgetful().then(),
        tamed(() => forgetful())().then(),
        new AsyncScope().start(forgetful()).then(),
      ];
      const errors = await Promise.all(ways.map((way) => errorOf(way)));

      const lines = errors.map((error) => firstLineOf(error as Error));
      expect(lines.filter((line) => !line.includes('messages.spec.ts'))).toEqual([]);
    });
  }

  onlyWhere.nodeIsThere.it('begins there on Windows, too, where a path has backslashes', () => {
    const { prepareStackTrace } = Error;
    const frame = (site: NodeJS.CallSite): string =>
      `    at f (${site.getFileName()?.replaceAll('/', '\\')}:${site.getLineNumber()}:${site.getColumnNumber()})`;
    Error.prepareStackTrace = (error, sites) => [String(error), ...sites.map(frame)].join('\n');
    const told: Error[] = [];
    new AsyncScope({ errorMode: 'continue' })
      .start(
        (function* (): Generator<unknown, void, never> {
          yield sleep(1);
        })(),
      )
      .subscribe({ error: (error: Error) => told.push(error) });
    Error.prepareStackTrace = prepareStackTrace;

    expect(told.map(firstLineOf)).toEqual([jasmine.stringContaining('scope\\messages.spec.ts')]);
  });

  it('begins at a line of the user in a body, or in a generator that was not made tamed, too', () => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    const told: Error[] = [];
    const forgetful = function* (): Generator<unknown, void, never> {
      yield sleep(1);
    };
    scope.start(forgetful()).subscribe({ error: (error: Error) => told.push(error) });
    AsyncScope.run(forgetful).subscribe({ error: (error: Error) => told.push(error) });

    expect(told.map(firstLineOf)).toEqual([
      jasmine.stringContaining('messages.spec.ts'),
      jasmine.stringContaining('messages.spec.ts'),
    ]);
  });

  onlyWhere.loopCanBeTurned.it('advises yield* where a block() is refused', async () => {
    const messages: string[] = [];
    const blocking = tamed(function* () {
      yield* tamed.from(Promise.resolve());
      messages.push(thrownBy(() => tamed(async () => 1)().block()).message);
      const scope = new AsyncScope();
      scope.start(sleep(1000));
      messages.push(thrownBy(() => scope[Symbol.dispose]()).message);
    });
    await blocking();

    for (const message of messages) {
      expect(message).toContain('Use "yield*" here');
      expect(message).not.toMatch(/use "await/i);
    }
    expect(thrownBy(() => tamed(async () => 1)().block())).toBeInstanceOf(BlockingError);
    expect(thrownBy(() => tamed(async () => 1)().block()).message).toContain('Use "await" here');
  });
});
