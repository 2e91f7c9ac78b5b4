import { NEVER, of, timer } from 'rxjs';

import { AsyncScope, sleep, tamed } from 'async-tamer';
import { trace, type TerminalStream } from 'async-tamer/trace';

import { Timeline } from './timeline.ts';
import { named, recorded, virtually, work } from './virtual.ts';

/** The description of a picture. */
function summaryOf({ svg }: Timeline): string {
  return svg.children[1]?.text ?? '';
}

describe('What a recording knows', () => {
  it('knows what was there when it began, as far as that can be known', () => {
    virtually((flush) => {
      const scope = new AsyncScope({ name: 'page', concurrency: 2 });
      let recording = trace();
      scope.start(named('a')(30));
      scope.start(named('b')(Infinity, { cleanup: 30 }));
      scope.start(named('c')(10));
      timer(10).subscribe(() => (recording = trace(scope)));
      timer(31).subscribe(() => scope.cancel());
      flush();

      expect(new Timeline(recording).hovers).toEqual([
        'scope "page": 3 children, 1 succeeded, 2 cancelled',
        'a (#1): ran at least 20 ms, succeeded',
        'b (#2): ran at least 21 ms, cancelled, cleaned up 30 ms',
        'c (#3): queued at least 20 ms, ran 1 ms, cancelled',
      ]);
    });
  });

  it('tells of those while they go on', () => {
    virtually((flush) => {
      const scope = new AsyncScope({ name: 'page', concurrency: 2 });
      let hovers: readonly string[] = [];
      scope.start(named('a')(Infinity));
      scope.start(named('b')(Infinity, { cleanup: 30 }));
      scope.start(named('c')(10));
      timer(10).subscribe(() => {
        const recording = trace(scope);
        timer(10).subscribe(() => ({ hovers } = new Timeline(recording)));
      });
      timer(30).subscribe(() => scope.cancel());
      flush();

      expect(hovers).toEqual([
        'scope "page": 3 children, 3 not ended',
        'a (#1): running for at least 10 ms',
        'b (#2): running for at least 10 ms',
        'c (#3): in the queue for at least 10 ms',
      ]);
    });
  });

  it('knows of what cleaned up when it began', () => {
    virtually((flush) => {
      const scope = new AsyncScope();
      const hovers: string[] = [];
      scope.start(named('a')(Infinity, { cleanup: 30 }));
      let recording = trace();
      const look = (): unknown => hovers.push(new Timeline(recording).hovers[1] ?? '');
      timer(10).subscribe(() => {
        scope.cancel();
        recording = trace(scope);
      });
      timer(20).subscribe(look);
      timer(50).subscribe(look);
      flush();

      expect(hovers).toEqual([
        'a (#1): ran at least 0 ms, cancelled, cleaning up for 10 ms',
        'a (#1): ran at least 0 ms, cancelled, cleaned up 30 ms',
      ]);
    });
  });

  it('has nothing of a scope that has closed before', async () => {
    const scope = new AsyncScope({ name: 'page' });
    scope.start(of(1));
    await scope.close();

    const recording = trace(scope);

    expect(new Timeline(recording).labels).toEqual(['page']);
    expect(summaryOf(new Timeline(recording))).toMatch(/^0 children, in \d+ ms$/);
  });

  it('records a scope once, whoever adds it', () => {
    virtually((flush) => {
      const scope = new AsyncScope({ name: 'page' });
      const nested = new AsyncScope({ parent: scope, name: 'nested' });
      const recording = trace(scope).add(scope);
      const inner = new AsyncScope({ parent: scope, name: 'inner' });
      recording.add(inner).add(nested);
      inner.start(work(1));
      nested.start(work(1));
      scope.close();
      flush();

      expect(new Timeline(recording).labels).toEqual(['page', '  inner', '    work', 'nested', '  work']);
    });
  });

  it('records no further when it is stopped, or disposed of', () => {
    virtually((flush) => {
      const scope = new AsyncScope({ name: 'page' });
      const stopped = trace(scope);
      {
        using disposed = trace(scope);
        disposed.add(scope);
      }
      scope.start(named('a')(10));
      scope.start(named('b')(30));
      timer(20).subscribe(() => {
        stopped.stop();
        stopped.stop();
        scope.start(named('c')(5));
        stopped.add(new AsyncScope({ name: 'late' }));
      });
      timer(25).subscribe(() => new AsyncScope({ parent: scope, name: 'nested' }).start(work(1)));
      scope.close();
      flush();

      const timeline = new Timeline(stopped);
      expect(timeline.labels).toEqual(['page', '  a', '  b']);
      expect(timeline.bar('b (#2): running for 20 ms')).toEqual([{ look: 'ok', from: 0, to: 20 }]);
    });
  });

  it('forgets the children that ended first, when there are too many, and says so', () => {
    const recording = recorded(
      (scope) => {
        scope.start(named('service')(Infinity));
        for (let i = 0; i < 20; i++) {
          scope.start(named(`job ${i}`)(10));
        }
        timer(500).subscribe(() => scope.cancel());
      },
      { limit: 5, concurrency: 2 },
    );

    const timeline = new Timeline(recording);
    expect(timeline.labels).toEqual(['page', '  service', '  job 16', '  job 17', '  job 18', '  job 19']);
    expect(summaryOf(timeline)).toBe(
      '21 children, 20 succeeded, 1 cancelled, in 500 ms; 16 earlier ones not shown',
    );
  });

  it('forgets with a child what was nested in it, and with that the scopes that it was in', () => {
    const recording = recorded(
      (scope) => {
        for (let i = 0; i < 10; i++) {
          scope.start(
            AsyncScope.run(
              function* outer(inner) {
                yield* inner.start(named(`inner ${i}`)(10));
              },
              { name: `scope ${i}` },
            ),
          );
        }
      },
      { limit: 4, concurrency: 1 },
    );

    expect(new Timeline(recording).labels).toEqual([
      'page',
      '  outer #9',
      '    scope 8',
      '      inner 8',
      '  outer #10',
      '    scope 9',
      '      inner 9',
    ]);
  });

  it('forgets with a child also what goes on in the scopes that it made', () => {
    const maker = tamed(function* maker() {
      new AsyncScope({ name: 'left open' }).start(named('orphan')(100));
      yield* sleep(1);
    });

    const recording = recorded(
      (scope) => {
        scope.start(maker());
        timer(10).subscribe(() => [1, 2].forEach(() => scope.start(named('later')(1))));
      },
      { limit: 2 },
    );

    expect(new Timeline(recording).labels).toEqual(['page', '  later #2', '  later #3']);
    expect(summaryOf(new Timeline(recording))).toContain('2 earlier ones not shown');
  });

  it('forgets nobody who lives', () => {
    virtually((flush) => {
      const scope = new AsyncScope({ name: 'page' });
      const recording = trace(scope, { limit: 2 });
      for (let i = 0; i < 5; i++) {
        scope.start(NEVER);
      }
      flush();

      expect(new Timeline(recording).labels.length).toBe(6);
      scope.cancel();
      expect(summaryOf(new Timeline(recording))).toContain('3 earlier ones not shown');
    });
  });

  it('says what is wrong with its limit', () => {
    for (const limit of [0, -1, NaN, true, Symbol('many')] as number[]) {
      expect(() => trace(undefined, { limit })).toThrowError(
        TypeError,
        `The option "limit" is a number from 1, but got ${String(limit)} (${typeof limit}).`,
      );
    }
  });

  it('refuses what is no scope, and shows nothing in what is no stream', () => {
    const wrong = { children: [] } as unknown as AsyncScope;

    expect(() => trace(wrong)).toThrowError(
      TypeError,
      'trace() takes an AsyncScope, but got an object (Object).',
    );
    expect(() => trace().add(null as unknown as AsyncScope)).toThrowError(
      TypeError,
      'add() takes an AsyncScope, but got null.',
    );
    expect(() => trace().terminal(1 as unknown as TerminalStream)).toThrowError(
      TypeError,
      'terminal() takes a stream to write to, such as process.stderr, but got 1 (number).',
    );
  });

  it('refuses options that it does not have, by name', () => {
    const make = (options: unknown) => () => trace(undefined, options as { limit: number });

    expect(make({ limits: 3 })).toThrowError(
      TypeError,
      'trace() has no option "limits". Its options are limit.',
    );
    expect(make(3)).toThrowError(TypeError, 'trace() takes an object of options, but got 3 (number).');
  });

  it('changes nothing for what it records', () => {
    virtually((flush) => {
      const order: string[] = [];
      const run = (watched: boolean): string[] => {
        order.length = 0;
        const scope = new AsyncScope({ concurrency: 1, errorMode: 'continue' });
        if (watched) {
          trace(scope).terminal({ write() {} });
        }
        scope.start(work(10, { fails: 'Oh no!' })).subscribe({ error: () => order.push('failed') });
        scope.start(sleep(5)).subscribe({ complete: () => order.push('slept') });
        scope.close().subscribe({ complete: () => order.push('closed') });
        flush();
        return [...order];
      };

      expect(run(true)).toEqual(run(false));
      expect(order).toEqual(['failed', 'slept', 'closed']);
    });
  });

  it('shows that a failure, or the reason of a cancel, is one that cannot be read', () => {
    const { proxy, revoke } = Proxy.revocable(new Error(), {});
    revoke();
    virtually((flush) => {
      const scope = new AsyncScope({ name: 'page', errorMode: 'continue' });
      const recording = trace(scope);
      const fails = tamed(function* fails() {
        yield* sleep(1);
        throw proxy;
      });
      scope.start(fails()).subscribe({ error() {} });
      scope.start(named('a')(Infinity));
      timer(2).subscribe(() => scope.cancel(proxy));
      flush();

      expect(new Timeline(recording).hovers.slice(1)).toEqual([
        'fails (#1): ran 1 ms, failed (what cannot be read)',
        'a (#2): ran 2 ms, cancelled (what cannot be read)',
      ]);
    });
  });
});
