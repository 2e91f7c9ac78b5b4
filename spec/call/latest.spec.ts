import { finalize, NEVER, of, range, Subject, take, throwError, timer } from 'rxjs';

import { AsyncScope, cleanup, latest, sleep, tamed, type ScopeError } from '../../src/index.ts';
import { runMarbles, runMarblesAsync } from '../../src/testing/index.ts';

const failure = new Error('Oh no!');

/** Takes 3 ms, and gives its word; 2 ms more to clean up when it is cancelled. */
const search = tamed(function* search(word: string) {
  let found = false;
  try {
    yield* sleep(3);
    found = true;
    return word;
  } finally {
    if (!found) {
      yield* sleep(2);
    }
  }
});

describe('latest()', () => {
  it('emits what the call for each value emits, when they do not overlap', () => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a---b------|');
      const subs = '         ^----------!';
      const expected = '     ---a---b---|';

      expectObservable(source.pipe(latest(search))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  it('cancels the call that runs, and begins the next one when that has cleaned up', () => {
    runMarbles(({ cold, expectObservable }) => {
      const source = cold('  ab---|     ');
      const expected = '     ------(b|) ';

      expectObservable(source.pipe(latest(search))).toBe(expected);
    });
  });

  it('skips what comes meanwhile, but the newest', () => {
    runMarbles(({ cold, expectObservable }) => {
      const words: string[] = [];
      const source = cold('  abc-|      ');
      const expected = '     ------(c|) ';
      const noted = (word: string, index: number): unknown => {
        words.push(`${word}${index}`);
        return search(word);
      };

      expectObservable(source.pipe(latest(noted))).toBe(expected);
      timer(9).subscribe(() => expect(words).toEqual(['a0', 'c2']));
    });
  });

  it('emits all that an Observable emits, until the next value', () => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inner = cold('     1-2-3-|');
      const source = cold('  a---b-----|');
      const expected = '     1-2-1-2-3-|';

      expectObservable(source.pipe(latest(() => inner))).toBe(expected);
      expectSubscriptions(inner.subscriptions).toBe(['^---!', '----^-----!']);
    });
  });

  it('waits for the cleanup of an Observable that has ended by itself', () => {
    runMarbles(({ cold, expectObservable }) => {
      const source = cold('  ab----|');
      const expected = '     a--b--|';

      expectObservable(source.pipe(latest((word) => of(word).pipe(finalize(() => cleanup(sleep(3))))))).toBe(
        expected,
      );
    });
  });

  it('completes without a value when the source does', () => {
    runMarbles(({ cold, expectObservable }) => {
      expectObservable(cold('--|').pipe(latest(search))).toBe('--|');
    });
  });

  it('is cold: each subscriber has calls of its own', () => {
    runMarbles(({ cold, expectObservable }) => {
      const words = cold('a-----|').pipe(latest(search));

      expectObservable(words).toBe('         ---a--|');
      expectObservable(words, '  --^').toBe('-----a--|');
    });
  });

  it('takes generators, async functions, and plain values', async () => {
    const word = await tamed.from(
      of('a').pipe(
        latest(function* (value) {
          yield* sleep(0);
          return value;
        }),
        latest(async (value) => value + value),
        latest((value) => [value]),
      ),
    );

    expect(word).toEqual(['aa']);
  });

  it('errors with the failure of a call, and of the source, at once', () => {
    runMarbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--- ');
      const broken = cold('  a-#  ');

      expectObservable(source.pipe(latest(() => throwError(() => failure)))).toBe('#', undefined, failure);
      expectObservable(broken.pipe(latest(search))).toBe('--#');
      expectSubscriptions(source.subscriptions).toBe('(^!)');
    });
  });

  it('errors with what its function throws', () => {
    runMarbles(({ cold, expectObservable }) => {
      const project = (): never => {
        throw failure;
      };

      expectObservable(cold('-a').pipe(latest(project))).toBe('-#', undefined, failure);
    });
  });

  it('begins no other call when it is unsubscribed during a cleanup', () => {
    const words: string[] = [];
    runMarbles(({ cold, expectObservable }) => {
      const noted = (word: string): unknown => {
        words.push(word);
        return search(word);
      };

      expectObservable(cold('ab---').pipe(latest(noted)), '--!').toBe('---');
    });

    expect(words).toEqual(['a']);
  });

  it('ends a synchronous source when an operator after it has had enough', () => {
    const words: number[] = [];

    range(0, Infinity)
      .pipe(
        latest((n) => n),
        take(2),
      )
      .subscribe((n) => words.push(n));

    expect(words).toEqual([0, 1]);
  });

  it('takes a value that comes while a call emits', () => {
    const source = new Subject<number>();
    const values: number[] = [];
    source.pipe(latest((n) => of(n, -n))).subscribe((n) => {
      values.push(n);
      if (n > 0 && n < 3) {
        source.next(n + 1);
      }
    });

    source.next(1);

    expect(values).toEqual([1, 2, 3, -3]);
  });

  it('keeps its scope open until the call has cleaned up, also one that a timer has cancelled', async () => {
    await runMarblesAsync(async ({ scope, cold, expectScope, flush }) => {
      const own = scope();
      expectScope(own).toBe(`
        #1     ^-!.
        scope  --!|
      `);

      own.start(cold('ab').pipe(latest(search)));
      timer(2).subscribe(() => own.cancel());
      timer(2).subscribe(() => own.close());
      await flush();
    });
  });

  it('raises what fails in the cleanup of a call, in the scope', async () => {
    const source = new Subject<string>();
    const scope = new AsyncScope();
    scope.start(
      source.pipe(
        latest(function* () {
          try {
            yield* tamed.from(NEVER);
          } finally {
            yield* tamed.from(throwError(() => failure));
          }
        }),
      ),
    );
    source.next('a');
    source.next('b');

    scope.cancel();
    const error: unknown = await scope.close().catch((reason: unknown) => reason);

    expect((error as ScopeError).errors).toEqual([failure, failure]);
  });

  it('complains at once about what is no function', () => {
    expect(() => latest(sleep(1) as never)).toThrowError(TypeError, /latest\(\) takes a function/);
  });
});
