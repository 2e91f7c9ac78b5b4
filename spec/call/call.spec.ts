import { config, finalize, map, NEVER, Observable, of, repeat, retry, take, throwError } from 'rxjs';

import { sleep, tamed, TamedCall } from '../../src/index.ts';
import { macrotasks } from '../support/macrotasks.ts';
import { record } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';

describe('A call', () => {
  it('has run up to where it waits when subscribe() returns', () => {
    const log: string[] = [];
    const call = tamed(function* () {
      log.push('before');
      yield* sleep(0);
      log.push('after');
    })();

    const subscription = call.subscribe();
    subscription.unsubscribe();

    expect(log).toEqual(['before']);
  });

  it('runs once for each subscriber', () => {
    const fn = jasmine.createSpy().and.returnValue(1);
    const call = tamed(fn)();

    call.subscribe();
    call.subscribe();

    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('runs once for each await', async () => {
    const fn = jasmine.createSpy().and.returnValue(1);
    const call = tamed(fn)();

    await call;
    await call;

    expect(fn).toHaveBeenCalledTimes(2);
  });

  it('runs with the same arguments each time', () => {
    const fn = jasmine.createSpy();
    const call = tamed(fn)('a', 1);

    call.subscribe();
    call.subscribe();

    expect(fn.calls.allArgs()).toEqual([
      ['a', 1],
      ['a', 1],
    ]);
  });

  it('runs again for retry()', () => {
    let attempts = 0;
    const unreliable = tamed(() => {
      attempts++;
      if (attempts < 3) {
        throw new Error('Oh no!');
      }
      return attempts;
    });

    expect(record(unreliable().pipe(retry(5)))).toEqual([3, 'complete']);
  });

  it('runs again for repeat()', () => {
    let runs = 0;
    const count = tamed(() => ++runs);

    expect(record(count().pipe(repeat(3)))).toEqual([1, 2, 3, 'complete']);
  });

  it('runs apart from its other runs', () => {
    onVirtualTime(({ expectObservable }) => {
      const echo = tamed(function* (word: string) {
        yield* sleep(3);
        return word;
      });
      const call = echo('a');

      expectObservable(call).toBe('      ---(a|)');
      expectObservable(call, '--^').toBe('-----(a|)');
    });
  });

  it('does not run for those who only look at it', () => {
    const fn = jasmine.createSpy();
    const call = tamed(fn)();

    Reflect.get(call, 'then');
    void call[Symbol.iterator]();
    void call[Symbol.asyncIterator]();
    call.asObservable();
    call.pipe(map(String));

    expect(fn).not.toHaveBeenCalled();
  });

  it('can be subscribed from its own code', () => {
    const told: number[] = [];
    const countdown: (n: number) => TamedCall<void> = tamed((n: number) => {
      if (n > 0) {
        countdown(n - 1).subscribe();
      }
      told.push(n);
    });

    countdown(2).subscribe();

    expect(told).toEqual([0, 1, 2]);
  });

  it('describes itself as what it is', () => {
    const call = tamed(() => 1)();

    expect(Object.prototype.toString.call(call)).toBe('[object TamedCall]');
  });

  describe('of a function that throws', () => {
    it('notifies of that very error', () => {
      const error = new Error('Oh no!');
      const faulty = tamed(() => {
        throw error;
      });

      const [told] = record(faulty()) as [{ error: unknown }];

      expect(told.error).toBe(error);
    });

    it('notifies of what is no Error, too', () => {
      const faulty = tamed((reason: unknown) => {
        throw reason;
      });

      expect([...record(faulty(undefined)), ...record(faulty('reason'))]).toEqual([
        { error: undefined },
        { error: 'reason' },
      ]);
    });

    it('notifies whether it throws before or after it has waited', () => {
      onVirtualTime(({ expectObservable }) => {
        const faulty = tamed(function* (ms: number) {
          if (ms > 0) {
            yield* sleep(ms);
          }
          throw 'reason'; // eslint-disable-line @typescript-eslint/only-throw-error -- as marbles have it
        });

        expectObservable(faulty(0)).toBe('#  ', undefined, 'reason');
        expectObservable(faulty(3)).toBe('---#', undefined, 'reason');
      });
    });

    it('leaves one whom nobody handles to RxJS', async () => {
      const { onUnhandledError } = config;
      const report = jasmine.createSpy();
      config.onUnhandledError = report;
      const error = new Error('Oh no!');

      tamed(() => {
        throw error;
      })().subscribe();
      await macrotasks();
      config.onUnhandledError = onUnhandledError;

      expect(report).toHaveBeenCalledOnceWith(error);
    });
  });

  describe('that is unsubscribed', () => {
    it('emits nothing any more', () => {
      onVirtualTime(({ expectObservable }) => {
        const echo = tamed(function* () {
          yield* sleep(3);
          return 'a';
        });

        expectObservable(echo(), '^-!').toBe('---');
      });
    });

    it('unsubscribes from what it waits for, and runs its finally block, at once', () => {
      const log: string[] = [];
      const source = NEVER.pipe(finalize(() => log.push('unsubscribed')));
      const call = tamed(function* () {
        try {
          yield* tamed.from(source);
        } finally {
          log.push('finally');
        }
      })();

      call.subscribe().unsubscribe();

      expect(log).toEqual(['unsubscribed', 'finally']);
    });

    it('does that once, however often it is unsubscribed', () => {
      const ended = jasmine.createSpy();
      const subscription = tamed(() => NEVER.pipe(finalize(ended)))().subscribe();

      subscription.unsubscribe();
      subscription.unsubscribe();

      expect(ended).toHaveBeenCalledTimes(1);
    });

    it('stays as it is when it has ended before', () => {
      const log: string[] = [];
      const call = tamed(function* () {
        try {
          return 1;
        } finally {
          log.push('finally');
        }
      })();

      call.subscribe().unsubscribe();

      expect(log).toEqual(['finally']);
    });

    it('ends by an observer who has enough, in the middle of its values', () => {
      const ended = jasmine.createSpy();
      const letters = tamed(() => of('a', 'b', 'c').pipe(finalize(ended)));

      const told = record(letters().pipe(take(2)));

      expect(told).toEqual(['a', 'b', 'complete']);
      expect(ended).toHaveBeenCalledTimes(1);
    });

    it('does not end its other runs', () => {
      onVirtualTime(({ expectObservable }) => {
        const call = tamed(function* () {
          yield* sleep(3);
          return 'a';
        })();

        expectObservable(call, '^-!').toBe('---');
        expectObservable(call).toBe('     ---(a|)');
      });
    });
  });

  describe('without its promise face', () => {
    it('is an Observable, and neither a promise nor a call', () => {
      const observable = tamed(() => 1)().asObservable();

      expect(observable).toBeInstanceOf(Observable);
      expect(observable).not.toBeInstanceOf(TamedCall);
      expect('then' in observable).toBeFalse();
    });

    it('emits the same', () => {
      const observable = tamed(() => of(1, 2))().asObservable();

      expect(record(observable)).toEqual([1, 2, 'complete']);
    });

    it('fails with the same error', () => {
      const error = new Error('Oh no!');
      const observable = tamed(() => throwError(() => error))().asObservable();

      expect(record(observable)).toEqual([{ error }]);
    });

    it('runs for each subscriber', () => {
      const fn = jasmine.createSpy();
      const observable = tamed(fn)().asObservable();

      observable.subscribe();
      observable.subscribe();

      expect(fn).toHaveBeenCalledTimes(2);
    });

    it('is cancelled by unsubscribing', () => {
      onVirtualTime(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('      a-b-c');
        const call = tamed(() => source)();

        expectObservable(call.asObservable(), '^--!').toBe('a-b');
        expectSubscriptions(source.subscriptions).toBe('^--!');
      });
    });
  });
});
