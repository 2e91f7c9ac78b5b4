import {
  catchError,
  concat,
  concatMap,
  defer,
  delay,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  map,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  type OperatorFunction,
  race,
  repeat,
  retry,
  share,
  shareReplay,
  startWith,
  Subject,
  switchMap,
  take,
  takeUntil,
  tap,
  timeout,
  timer,
  toArray,
  zip,
} from 'rxjs';

import type { ScopeError } from '../../src/index.ts';
import { AsyncScope, cleanup, type DelayedResult, sleep, tamed, type TamedCall } from '../../src/index.ts';
import { reportsOf } from '../support/reports.ts';
import { diary, textOf } from '../support/diary.ts';
import { errorOf } from '../support/outcome.ts';
import { virtually } from '../support/virtual-time.ts';
import { tidy, untidy, later, counter, raisedBy } from './tidy.ts';

describe('A tamed call under an operator', () => {
  describe('is torn down with the scope, which waits for its cleanup', () => {
    const operators: Record<string, () => OperatorFunction<unknown, unknown>> = {
      'map()': () => map((value) => value),
      'filter()': () => filter(() => true),
      'tap()': () => tap(() => undefined),
      'retry()': () => retry(2),
      'repeat()': () => repeat(2),
      'share()': () => share(),
      'shareReplay({ refCount })': () => shareReplay({ refCount: true }),
      'take()': () => take(1),
      'takeUntil()': () => takeUntil(NEVER),
      'timeout()': () => timeout(1000),
      'startWith()': () => startWith(0),
      'catchError()': () => catchError(() => EMPTY),
      'delay()': () => delay(1),
      'toArray()': () => toArray(),
      'switchMap() as its source': () => switchMap((value) => of(value)),
      'one of my own': () => ownOperator,
      'many of them': () => (source) =>
        source.pipe(retry(2), share(), map(String), ownOperator, timeout(1000)),
    };
    for (const [name, operator] of Object.entries(operators)) {
      it(name, () => {
        virtually((flush) => {
          const { lines, note } = diary();
          const scope = new AsyncScope();
          scope.start(tidy('call', note).pipe(operator()));
          timer(5).subscribe(() => scope.cancel());
          scope.close().subscribe({ complete: () => note('closed') });

          flush();

          expect(lines).toEqual(['5 call unwinds', '15 call unwound', '15 closed']);
        });
      });
    }

    const creators: Record<string, (call: Observable<unknown>) => Observable<unknown>> = {
      'mergeMap() as what it makes': (call) => of(1).pipe(mergeMap(() => call)),
      'concatMap() as what it makes': (call) => of(1).pipe(concatMap(() => call)),
      'switchMap() as what it makes': (call) => of(1).pipe(switchMap(() => call)),
      'exhaustMap() as what it makes': (call) => of(1).pipe(exhaustMap(() => call)),
      'defer()': (call) => defer(() => call),
      'concat()': (call) => concat(EMPTY, call),
      'merge()': (call) => merge(NEVER, call),
      'zip()': (call) => zip(NEVER, call),
      'race()': (call) => race(NEVER, call),
      'new Observable()': (call) => new Observable((subscriber) => call.subscribe(subscriber)),
      'asObservable()': (call) => (call as TamedCall<unknown>).asObservable(),
      'tamed.from()': (call) => tamed.from(call),
      'a tamed function that returns it': (call) => tamed(() => call)(),
      'tamed.all()': (call) => tamed.all([call, NEVER]),
    };
    for (const [name, creator] of Object.entries(creators)) {
      it(name, () => {
        virtually((flush) => {
          const { lines, note } = diary();
          const scope = new AsyncScope();
          scope.start(creator(tidy('call', note)));
          timer(5).subscribe(() => scope.cancel());
          scope.close().subscribe({ complete: () => note('closed') });

          flush();

          expect(lines).toEqual(['5 call unwinds', '15 call unwound', '15 closed']);
        });
      });
    }

    it('also where it was subscribed by an operator later, on its own timer', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const source = timer(5).pipe(mergeMap(() => tidy('call', note)));
        scope.start(source);
        timer(10).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['10 call unwinds', '20 call unwound', '20 closed']);
      });
    });

    it('and raises what the call throws then', () => {
      virtually((flush) => {
        const error = new Error('cleanup');
        const scope = new AsyncScope();
        scope.start(untidy(error).pipe(retry(2), map(String), share()));
        timer(5).subscribe(() => scope.cancel());
        const raised = raisedBy(scope);

        flush();

        expect(raised).toEqual([error]);
      });
    });
  });

  describe('that completes before it tears down', () => {
    it('has torn the call down before a coroutine that waits for it goes on', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const waiting = tamed(function* () {
          try {
            yield* tamed.from(tidy('call', note).pipe(takeUntil(timer(5))));
          } catch {
            note('goes on');
          }
        });
        new AsyncScope().start(waiting());

        flush();

        expect(lines.slice(0, 2)).toEqual(['5 call unwinds', '5 goes on']);
      });
    });
  });

  describe('share()', () => {
    it('runs it once for two children, and ends it with the last of them', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const shared = tidy('call', note).pipe(share());
        const first = new AsyncScope();
        const second = new AsyncScope();
        first.start(shared);
        second.start(shared);
        timer(5).subscribe(() => first.cancel());
        timer(7).subscribe(() => second.cancel());
        second.close().subscribe({ complete: () => note('second closed') });

        flush();

        expect(lines).toEqual(['7 call unwinds', '17 call unwound', '17 second closed']);
      });
    });

    it('goes on for the other subscriber when one leaves', () => {
      virtually((flush) => {
        const shared = later('value', 10).pipe(share());
        const first = new AsyncScope();
        const second = new AsyncScope();
        first.start(shared);
        const result = second.start(shared);
        timer(5).subscribe(() => first.cancel());

        flush();

        expect(result.value).toBe('value');
      });
    });

    it('raises what it throws while it is cleaned up once, in the scope of the last', async () => {
      const error = new Error('cleanup');
      const reported = await reportsOf(async () => {
        const shared = untidy(error).pipe(share());
        const first = new AsyncScope();
        const second = new AsyncScope();
        first.start(shared);
        second.start(shared);

        first.cancel();
        second.cancel();

        await expectAsync(first.close().then()).toBeResolved();
        const raised = (await errorOf(second.close())) as ScopeError;
        expect(raised.errors).toEqual([error]);
      });

      expect(reported).toEqual([]);
    });
  });

  describe('an operator that is made with new Observable()', () => {
    it('may subscribe it later, and has the scope wait for its cleanup', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const postponed = new Observable((subscriber) => {
          const wait = timer(5).subscribe(() => subscriber.add(tidy('call', note).subscribe(subscriber)));
          subscriber.add(wait);
        });
        scope.start(postponed);
        timer(10).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['10 call unwinds', '20 call unwound', '20 closed']);
      });
    });

    it('may tear it down in the middle of its own life, for which the scope waits', async () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      const impatient = new Observable((subscriber) => {
        const inner = tidy('call', note).subscribe();
        const wait = timer(1).subscribe(() => {
          inner.unsubscribe();
          subscriber.complete();
        });
        return () => wait.unsubscribe();
      });
      scope.start(impatient);

      await scope.close();
      note('closed');

      expect(lines.map(textOf)).toEqual(['call unwinds', 'call unwound', 'closed']);
    });

    it('may cancel the scope while it subscribes, with the call subscribed before', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const suicidal = new Observable((subscriber) => {
          subscriber.add(tidy('call', note).subscribe());
          scope.cancel();
        });
        scope.start(suicidal);
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 call unwinds', '10 call unwound', '10 closed']);
      });
    });

    it('may cancel the scope while it subscribes, and what it subscribes after that never runs', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const suicidal = new Observable((subscriber) => {
          scope.cancel();
          return tidy('call', note).subscribe(subscriber);
        });
        scope.start(suicidal);
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 closed']);
      });
    });
  });

  describe('without a scope', () => {
    it('runs its cleanup all the same', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const subscription = tidy('call', note).pipe(retry(2), share()).subscribe();
        timer(5).subscribe(() => subscription.unsubscribe());

        flush();

        expect(lines).toEqual(['5 call unwinds', '15 call unwound']);
      });
    });

    it('reports what that throws to RxJS', async () => {
      const error = new Error('cleanup');
      const reported = await reportsOf(() => {
        untidy(error).pipe(retry(2), share()).subscribe().unsubscribe();
      });

      expect(reported).toEqual([error]);
    });

    it('gives RxJS nothing more after it was unsubscribed', () => {
      virtually((flush) => {
        const values: unknown[] = [];
        const stop = new Subject<void>();
        const ignoring = tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            return 'too late';
          }
        });
        ignoring()
          .pipe(takeUntil(stop))
          .subscribe((value) => values.push(value));
        timer(5).subscribe(() => stop.next());

        flush();

        expect(values).toEqual([]);
      });
    });
  });

  it('lets finalize() callbacks of the pipeline run when the call is torn down, once each', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tidy('call', note).pipe(
          finalize(() => note('inner')),
          retry(2),
          finalize(() => note('outer')),
        ),
      );
      timer(5).subscribe(() => scope.cancel());

      flush();

      expect(lines.filter((line) => line.endsWith('inner'))).toEqual(['5 inner']);
      expect(lines.filter((line) => line.endsWith('outer'))).toEqual(['5 outer']);
      expect(lines.at(-1)).toBe('15 call unwound');
    });
  });

  it('waits for the cleanup of the call and of a finalize() beside it', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(tidy('call', note).pipe(finalize(() => cleanup(sleep(20)))));
      timer(5).subscribe(() => scope.cancel());
      scope.close().subscribe({ complete: () => note('closed') });

      flush();

      expect(lines).toEqual(['5 call unwinds', '15 call unwound', '25 closed']);
    });
  });

  it('does not run a result again that stands under an operator', () => {
    virtually((flush) => {
      const runs = counter();
      const scope = new AsyncScope();
      const result: DelayedResult<number> = scope.start(tamed(() => runs.next())());

      result.pipe(repeat(3)).subscribe();
      flush();

      expect(runs.next()).toBe(2);
    });
  });
});

function ownOperator<T>(source: Observable<T>): Observable<T> {
  return new Observable((subscriber) => {
    const inner = source.subscribe(subscriber);
    return () => inner.unsubscribe();
  });
}

describe('A scope whose child shares its source by shareReplay(1)', () => {
  /** What is noted of a call that ticks, under `operator`, in a scope that is cancelled and closes. */
  function course(operator: OperatorFunction<unknown, unknown>): string[] {
    const { lines, note } = diary();
    virtually((flush) => {
      const ticking = tamed(() =>
        timer(3, 4).pipe(
          take(3),
          finalize(() => note('source ends')),
        ),
      )();
      const shared = ticking.pipe(operator);
      const scope = new AsyncScope();
      scope.start(shared);
      timer(5).subscribe(() => scope.cancel());
      scope.close().subscribe({ complete: () => note('closed') });
      flush();
    });
    return lines;
  }

  it('closes, and the source runs on: that is the contract of the operator', () => {
    expect(course(shareReplay(1))).toEqual(['5 closed', '11 source ends']);
  });

  it('ends the source, where the operator counts its subscribers', () => {
    expect(course(shareReplay({ bufferSize: 1, refCount: true }))).toEqual(['5 source ends', '5 closed']);
  });

  it('ends the source, where the result of start() is shared instead', () => {
    const shareResult: OperatorFunction<unknown, unknown> = (source) => {
      const own = new AsyncScope();
      const result = own.start(source);
      return result.pipe(finalize(() => own.cancel()));
    };

    expect(course(shareResult)).toEqual(['5 source ends', '5 closed']);
  });
});
