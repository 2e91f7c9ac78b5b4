import { timer } from 'rxjs';

import { AsyncScope, sleep, tamed } from 'async-tamer';
import { runMarbles, runMarblesAsync } from 'async-tamer/testing';
import { later, careful } from './calls.ts';
import { complaint } from './complaint.ts';

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

  it('says in which order rows stand, where that alone differs', () => {
    const message = complaint(({ scope, expectScope }) => {
      const own = scope();
      own.start(later(1, 'a'));
      own.close();

      expectScope(own).toBe(`
        scope -|
        later ^(a|)
      `);
    });

    expect(message).toMatch(/the children in the order of their start, then the scope\.$/);
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
