import { inspect } from 'node:util';

import { EMPTY, of, throwError } from 'rxjs';

import type { DelayedResult } from '../../src/index.ts';
import { AsyncScope, AwaitError, ScopeError, sleep, tamed } from '../../src/index.ts';

const echo = tamed(function* echo(text: string, ms: number) {
  yield* sleep(ms);
  return text;
});

/** A result of a scope that has been closed or cancelled since, if that is wanted. */
function resultOf(source: Parameters<AsyncScope['start']>[0]): DelayedResult<unknown> {
  const scope = new AsyncScope({ errorMode: 'continue' });
  const result = scope.start(source);
  scope.close().catch(() => undefined);
  return result;
}

/** Prints itself the same everywhere; a promise shows its hooks, if there are any. */
class Later implements PromiseLike<never> {
  then(): never {
    throw new Error('not asked for');
  }
}

describe('util.inspect() of a call', () => {
  it('shows the function and its arguments', () => {
    expect(inspect(echo('a', 100))).toBe("TamedCall echo('a', 100)");
  });

  it('shows a function without a name', () => {
    expect(inspect(tamed(() => 1)())).toBe('TamedCall (anonymous)()');
  });

  it('shows what a call was made of', () => {
    expect(inspect(tamed.from(new Later()))).toBe('TamedCall from(Later {})');
    expect(inspect(tamed.all([echo('a', 1), sleep(2)]))).toBe(
      "TamedCall all([ TamedCall echo('a', 1), TamedCall sleep(2) ])",
    );
    expect(inspect(AsyncScope.run(function work() {}))).toBe('TamedCall AsyncScope.run([Function: work])');
  });

  it('does not run it', () => {
    let runs = 0;
    const count = tamed(() => ++runs);

    inspect([count(), { call: count() }, tamed.from(count())], {
      depth: null,
      showHidden: true,
      getters: true,
    });

    expect(runs).toBe(0);
  });

  it('goes as deep as it is told to', () => {
    const nested = tamed((value: object) => value)({ a: { b: { c: { d: 1 } } } });

    expect(inspect(nested)).toBe('TamedCall (anonymous)({ a: { b: [Object] } })');
    expect(inspect(nested, { depth: null })).toContain('d: 1');
    expect(inspect([[nested]], { depth: 1 })).toBe('[ [ [TamedCall] ] ]');
  });
});

describe('util.inspect() of a result', () => {
  it('shows that it is pending', () => {
    expect(inspect(resultOf(sleep(1)))).toBe('DelayedResult { <pending> }');
  });

  it('shows its value', () => {
    expect(inspect(resultOf(of({ a: 'b' })))).toBe("DelayedResult { { a: 'b' } }");
  });

  it('shows that there is none', () => {
    expect(inspect(resultOf(EMPTY))).toBe('DelayedResult { <without a value> }');
  });

  it('shows its failure', () => {
    const failed = resultOf(throwError(() => new RangeError('Oh no!')));

    expect(inspect(failed)).toMatch(/^DelayedResult { <failed> RangeError: Oh no!\n +at /);
  });

  it('shows that it was cancelled, and why', () => {
    const scope = new AsyncScope();
    const other = new AsyncScope();
    const [quietly, forAReason] = [scope.start(sleep(1)), other.start(sleep(1))];
    scope.cancel();
    other.cancel('too late');

    expect(inspect(quietly)).toBe('DelayedResult { <cancelled> }');
    expect(inspect(forAReason)).toBe("DelayedResult { <cancelled> 'too late' }");
  });

  it('is no question: it counts as awaited by nobody', async () => {
    const scope = new AsyncScope({ exitMode: 'raise' });
    const result = scope.start(echo('a', 1000));

    inspect({ result }, { showHidden: true, getters: true });

    expect(result.awaited).toBeFalse();
    await expectAsync(scope.close()).toBeRejectedWithError(AwaitError);
  });
});

describe('util.inspect() of a scope', () => {
  it('shows its name, and its children by what they do', () => {
    const scope = new AsyncScope({ name: 'page', concurrency: 2 });
    scope.start(echo('a', 1));
    scope.start(sleep(1));
    scope.start(echo('b', 1));

    expect(inspect(scope)).toBe(
      `AsyncScope "page" { running: [ echo (#1), sleep (#2) ], queued: [ echo (#3) ] }`,
    );
    scope.cancel();
  });

  it('shows that it was cancelled, and who still cleans up', async () => {
    const scope = new AsyncScope();
    const patient = tamed(function* patient() {
      try {
        yield* sleep(1000);
      } finally {
        yield* sleep(1);
      }
    });
    scope.start(patient());
    scope.cancel();

    expect(inspect(scope)).toBe(`AsyncScope <cancelled> { 'cleaning up': [ patient (#1) ] }`);
    await scope.close();
    expect(inspect(scope)).toBe(`AsyncScope <cancelled> <closed> {}`);
  });

  it('stays short where there are many', () => {
    const scope = new AsyncScope();
    for (let i = 0; i < 1000; i++) {
      scope.start(sleep(1));
    }

    expect(inspect(scope)).toContain('... 900 more items');
    expect(inspect([scope], { depth: 0 })).toBe('[ [AsyncScope] ]');
    scope.cancel();
  });
});

describe('util.inspect() of an error', () => {
  it('shows each failure that a scope raises', async () => {
    const scope = new AsyncScope({ errorMode: 'continue' });
    scope.start(throwError(() => new RangeError('one')));
    scope.start(throwError(() => new RangeError('two')));

    const error = await scope.close().catch((raised: unknown) => raised);

    expect(error).toBeInstanceOf(ScopeError);
    expect(inspect(error)).toMatch(
      /^ScopeError: 2 async functions failed:\n[^]*RangeError: one[^]*RangeError: two/,
    );
  });
});

describe('What prints itself in Node', () => {
  it('has nothing more to be listed, copied or compared', () => {
    const scope = new AsyncScope();

    expect(Object.keys(scope)).toEqual(['name']);
    expect(Object.getOwnPropertySymbols(scope)).toEqual([]);
    expect(Object.getOwnPropertySymbols(scope.start(of(1)))).toEqual([]);
    expect(Object.getOwnPropertySymbols(echo('a', 1))).toEqual([]);
  });
});
