import { asyncScheduler, interval, NEVER, take, timer } from 'rxjs';

import { AsyncScope, BlockingError, sleep, tamed } from 'async-tamer';
import { runMarbles } from 'async-tamer/testing';
import { later, load } from './calls.ts';

describe('block() in runMarbles()', () => {
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

  it('lets an interval go on in its times that blocks itself for less than it takes', () => {
    runMarbles(() => {
      const times: number[] = [];
      timer(2, 5)
        .pipe(take(4))
        .subscribe(() => {
          times.push(asyncScheduler.now());
          sleep(1).block();
        });

      sleep(100).block();

      expect(times).toEqual([2, 8, 13, 18]); // RxJS sets the interval after the first turn.
    });
  });

  it('works in the callback of a timer of 0 ms, and of an interval of 0 ms', () => {
    runMarbles(() => {
      const log: string[] = [];
      timer(0).subscribe(() => {
        sleep(10).block();
        log.push(`timer ${asyncScheduler.now()}`);
      });
      sleep(10).block();
      interval(0)
        .pipe(take(2))
        .subscribe(() => {
          sleep(20).block();
          log.push(`interval ${asyncScheduler.now()}`);
        });

      sleep(100).block();

      expect(log).toEqual(['timer 10', 'interval 30', 'interval 50']);
    });
  });

  it('works in an action that has scheduled its next turn before', () => {
    runMarbles(() => {
      const log: string[] = [];
      asyncScheduler.schedule<number>(
        function (left = 0) {
          if (left > 0) {
            this.schedule(left - 1, 0);
          }
          sleep(10).block();
          log.push(`${left} left at ${asyncScheduler.now()}`);
        },
        0,
        2,
      );

      sleep(100).block();

      expect(log).toEqual(['2 left at 10', '1 left at 20', '0 left at 30']);
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

  it('throws it in the callback of a timer, too, as soon as nothing else is due', () => {
    runMarbles(() => {
      const log: string[] = [];
      timer(8).subscribe(() => log.push('8'));
      timer(5).subscribe(() => {
        expect(() => tamed.from(NEVER).block()).toThrowError(BlockingError, /nothing is due/);
        log.push(`refused at ${asyncScheduler.now()}`);
      });

      sleep(100).block();

      expect(log).toEqual(['8', 'refused at 100']);
    });
  });
});
