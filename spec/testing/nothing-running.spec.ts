import { NEVER, Subject, take, timer } from 'rxjs';

import { AsyncScope, BlockingError, sleep, tamed } from 'async-tamer';
import { expectNothingRunning, runMarbles } from 'async-tamer/testing';
import { later, load, careful } from './calls.ts';

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
