import { finalize, NEVER } from 'rxjs';

import { AsyncScope, ScopeError, sleep, tamed } from '../../src/index.ts';

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
