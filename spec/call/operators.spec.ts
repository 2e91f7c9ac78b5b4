import {
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  defer,
  delay,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  firstValueFrom,
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
  throwError,
  timeout,
  TimeoutError,
  timer,
  toArray,
  zip,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import {
  AsyncScope,
  cleanup,
  type DelayedResult,
  ScopeError,
  sleep,
  tamed,
  type TamedCall,
} from '../../src/index.ts';
import { reportsOf } from '../support/reports.ts';

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

  describe('retry()', () => {
    it('runs it again after a failure', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        const result = scope.start(failingTimes(2).pipe(retry(2)));

        flush();

        expect(result.value).toBe('attempt 3');
      });
    });

    it('runs it again in the same tick, and belongs to the same child', () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      const attempts = counter();
      const flaky = tamed(function* () {
        if (attempts.next() === 1) {
          throw new Error('first');
        }
        yield* tidy('second attempt', note);
      });
      scope.start(flaky().pipe(retry(1)));

      scope.cancel();

      expect(lines.map(textOf)).toEqual(['second attempt unwinds']);
      expect(scope.size).toBe(1);
    });

    it('runs it again after a delay, whose cleanup the scope waits for', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const attempts = counter();
        const flaky = tamed(function* () {
          if (attempts.next() === 1) {
            throw new Error('first');
          }
          yield* tidy('second attempt', note);
        });
        scope.start(flaky().pipe(retry({ delay: 5 })));
        timer(10).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['10 second attempt unwinds', '20 second attempt unwound', '20 closed']);
      });
    });

    it('has the scope raise what a later attempt throws while it is cleaned up', () => {
      virtually((flush) => {
        const error = new Error('cleanup');
        const scope = new AsyncScope();
        const attempts = counter();
        const flaky = tamed(function* () {
          if (attempts.next() === 1) {
            throw new Error('first');
          }
          yield* untidy(error);
        });
        scope.start(flaky().pipe(retry({ delay: 5 })));
        timer(10).subscribe(() => scope.cancel());
        const raised = raisedBy(scope);

        flush();

        expect(raised).toEqual([error]);
      });
    });

    it('is not begun again by a cancel while it waits for its delay', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        const attempts = counter();
        const failing = tamed(() => {
          attempts.next();
          throw new Error('each time');
        });
        scope.start(failing().pipe(retry({ delay: 10 })));
        timer(5).subscribe(() => scope.cancel());

        flush();

        expect(attempts.next()).toBe(2);
        expect(asyncScheduler.now()).toBe(5);
      });
    });

    it('fails the child with the last failure when it gives up', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        scope.start(failingTimes(5).pipe(retry(2)));
        const raised = raisedBy(scope);

        flush();

        expect(raised.map(String)).toEqual(['Error: attempt 3']);
      });
    });
  });

  describe('repeat()', () => {
    it('runs it again after its end', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            yield* sleep(5);
            note('round');
          })().pipe(repeat(3)),
        );

        flush();

        expect(lines).toEqual(['5 round', '10 round', '15 round']);
      });
    });

    it('has the scope wait for the cleanup of a round that begins after a delay', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const rounds = counter();
        const round = tamed(function* () {
          if (rounds.next() === 2) {
            yield* tidy('second round', note);
          }
        });
        scope.start(round().pipe(repeat({ delay: 5 })));
        timer(10).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['10 second round unwinds', '20 second round unwound', '20 closed']);
      });
    });
  });

  describe('take(1)', () => {
    it('ends it, and the scope waits for the cleanup though the operator completes before it tears down', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(emittingThenTidy(note).pipe(take(1)));
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 unwinds', '10 unwound', '10 closed']);
      });
    });

    it('does so for a value that comes later, too', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const call = merge(timer(5), tidy('call', note));
        scope.start(call.pipe(take(1)));
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 call unwinds', '15 call unwound', '15 closed']);
      });
    });

    it('has the value there at once', () => {
      virtually((flush) => {
        const { note } = diary();
        const scope = new AsyncScope();
        const seen: unknown[] = [];
        const result = scope.start(merge(timer(5), tidy('call', note)).pipe(take(1)));
        timer(6).subscribe(() => seen.push(result.status, scope.size));

        flush();

        expect(seen).toEqual(['succeeded', 1]);
      });
    });

    it('is waited for inside a coroutine', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            yield* tamed.from(merge(timer(5), tidy('call', note)).pipe(take(1)));
          })(),
        );
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 call unwinds', '15 call unwound', '15 closed']);
      });
    });

    it('is waited for inside an async function, by firstValueFrom()', async () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(async () => {
          await firstValueFrom(merge(timer(1), tidy('call', note)));
        })(),
      );

      await scope.close();
      note('closed');

      expect(lines.map(textOf)).toEqual(['call unwinds', 'call unwound', 'closed']);
    });

    it('is waited for inside the body of a run', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        AsyncScope.run(() => merge(timer(5), tidy('call', note)).pipe(take(1))).subscribe(() => note('run'));

        flush();

        expect(lines).toEqual(['5 call unwinds', '15 call unwound', '15 run']);
      });
    });

    it('has the scope raise what the call throws then', () => {
      virtually((flush) => {
        const error = new Error('cleanup');
        const scope = new AsyncScope();
        const result = scope.start(merge(timer(5), untidy(error)).pipe(take(1)));
        const raised = raisedBy(scope);

        flush();

        expect(raised).toEqual([error]);
        expect(result.value).toBe(0);
      });
    });
  });

  describe('takeUntil()', () => {
    it('ends it, and the scope waits for the cleanup', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const result = scope.start(tidy('call', note).pipe(takeUntil(timer(5))));
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 call unwinds', '15 call unwound', '15 closed']);
        expect(result.status).toBe('succeeded');
      });
    });

    it('has the scope raise what the call throws then', () => {
      virtually((flush) => {
        const error = new Error('cleanup');
        const scope = new AsyncScope();
        scope.start(untidy(error).pipe(takeUntil(timer(5))));
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

  describe('timeout()', () => {
    it('ends it, and the scope waits for the cleanup before it raises', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(tidy('call', note).pipe(timeout(5)));
        scope.close().subscribe({ error: (error: ScopeError) => note(`closed: ${String(error.errors)}`) });

        flush();

        expect(lines).toEqual([
          '5 call unwinds',
          '15 call unwound',
          '15 closed: TimeoutError: Timeout has occurred',
        ]);
      });
    });

    it('ends it, and the scope waits for its cleanup that cancels the scope', () => {
      virtually((flush) => {
        const log: string[] = [];
        const scope = new AsyncScope();
        const call = tamed(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            scope.cancel();
            log.push('cleaned up');
          }
        });
        scope.start(call().pipe(timeout(1)));
        scope.close().subscribe({ complete: () => log.push('closed'), error: () => log.push('closed') });

        flush();

        expect(log).toEqual(['cleaned up', 'closed']);
      });
    });

    it('ends it also where its cleanup throws: both errors are raised', () => {
      virtually((flush) => {
        const error = new Error('cleanup');
        const scope = new AsyncScope();
        scope.start(untidy(error).pipe(timeout(5)));
        const raised = raisedBy(scope);

        flush();

        expect(raised.length).toBe(2);
        expect(raised).toContain(error);
        expect(raised).toContain(jasmine.any(TimeoutError));
      });
    });

    it('goes on with another call instead, which belongs to the same child', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(tidy('slow', note).pipe(timeout({ each: 5, with: () => tidy('instead', note) })));
        timer(10).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual([
          '5 slow unwinds',
          '10 instead unwinds',
          '15 slow unwound',
          '20 instead unwound',
          '20 closed',
        ]);
      });
    });
  });

  describe('race()', () => {
    it('ends the loser, and the scope waits for its cleanup', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const result = scope.start(race(tidy('loser', note), timer(5)));
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 loser unwinds', '15 loser unwound', '15 closed']);
        expect(result.value).toBe(0);
      });
    });

    it('ends the loser also where the winner is another call', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(race(tidy('loser', note), sleep(5)));
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 loser unwinds', '15 loser unwound', '15 closed']);
      });
    });
  });

  describe('switchMap()', () => {
    it('ends the one before, and the scope waits for its cleanup', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const names = concat(of('first'), of('second').pipe(delay(5)));
        scope.start(names.pipe(switchMap((name) => (name === 'first' ? tidy(name, note) : of(name)))));
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 first unwinds', '15 first unwound', '15 closed']);
      });
    });

    it('waits for each, also where the scope is cancelled meanwhile', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const names = concat(of('first'), of('second').pipe(delay(5)));
        scope.start(names.pipe(switchMap((name) => tidy(name, note))));
        timer(7).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual([
          '5 first unwinds',
          '7 second unwinds',
          '15 first unwound',
          '17 second unwound',
          '17 closed',
        ]);
      });
    });

    it('has the scope raise what each throws while it is cleaned up', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        const names = concat(of('first'), of('second').pipe(delay(5)));
        scope.start(names.pipe(switchMap((name) => untidy(new Error(name)))));
        timer(7).subscribe(() => scope.cancel());
        const raised = raisedBy(scope);

        flush();

        expect(raised.map(String)).toEqual(['Error: first', 'Error: second']);
      });
    });
  });

  describe('switchMap() whose teardown cancels the scope', () => {
    it('has the scope wait until it has gone through with that', () => {
      virtually((flush) => {
        const log: string[] = [];
        const scope = new AsyncScope();
        const cancels = tamed(() => {
          log.push(scope.closed ? 'cleanup after the close' : 'cleanup');
          scope.cancel();
        });
        const inner = NEVER.pipe(finalize(() => cleanup(cancels())));
        scope.start(tamed.from(concat(of(0), sleep(1))).pipe(switchMap(() => inner)));
        scope.close().subscribe({ complete: () => log.push('closed') });

        flush();

        expect(log).toEqual(['cleanup', 'cleanup', 'closed']);
      });
    });
  });

  describe('concatMap()', () => {
    it('runs one after the other', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const step = tamed(function* (n: number) {
          yield* sleep(5);
          note(`step ${n}`);
        });
        scope.start(of(1, 2, 3).pipe(concatMap((n) => step(n))));

        flush();

        expect(lines).toEqual(['5 step 1', '10 step 2', '15 step 3']);
      });
    });

    it('has the scope wait for the cleanup of a later one', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          of('first', 'second').pipe(concatMap((name) => (name === 'first' ? sleep(5) : tidy(name, note)))),
        );
        timer(10).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['10 second unwinds', '20 second unwound', '20 closed']);
      });
    });
  });

  describe('mergeMap()', () => {
    it('has the scope wait for all of them', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(of('a', 'b').pipe(mergeMap((name) => tidy(name, note))));
        timer(5).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 a unwinds', '5 b unwinds', '15 a unwound', '15 b unwound', '15 closed']);
      });
    });

    it('ends the others when one fails, and the scope waits for their cleanup', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const failing = timer(5).pipe(mergeMap(() => throwError(() => new Error('one of them'))));
        scope.start(of(tidy('other', note), failing).pipe(mergeMap((call) => call)));
        scope.close().subscribe({ error: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 other unwinds', '15 other unwound', '15 closed']);
      });
    });

    it('raises the errors of all of them', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        scope.start(of('a', 'b').pipe(mergeMap((name) => untidy(new Error(name)))));
        timer(5).subscribe(() => scope.cancel());
        const raised = raisedBy(scope);

        flush();

        expect(raised.map(String)).toEqual(['Error: a', 'Error: b']);
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

        expect(await errorOf(first.close())).toBeUndefined();
        const raised = (await errorOf(second.close())) as ScopeError;
        expect(raised.errors).toEqual([error]);
      });

      expect(reported).toEqual([]);
    });
  });

  describe('catchError()', () => {
    it('handles a failure so that it ends nobody else', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        scope.start(failingTimes(1).pipe(catchError(() => of('handled'))));
        const other = scope.start(later('other', 5));

        flush();

        expect(other.value).toBe('other');
      });
    });

    it('goes on with another call, which belongs to the same child', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const failing = timer(5).pipe(mergeMap(() => throwError(() => new Error('failure'))));
        scope.start(tamed.from(failing).pipe(catchError(() => tidy('instead', note))));
        timer(10).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['10 instead unwinds', '20 instead unwound', '20 closed']);
      });
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

const tidy = tamed(function* (name: string, note: (what: string) => void) {
  try {
    yield* sleep(Infinity);
  } finally {
    note(`${name} unwinds`);
    yield* sleep(10);
    note(`${name} unwound`);
  }
});

const untidy = tamed(function* (error: Error) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(1);

    throw error;
  }
});

/** Emits at once, and has a cleanup that takes time. */
const emittingThenTidy = tamed((note: (what: string) => void) =>
  NEVER.pipe(
    startWith(1),
    finalize(() => {
      note('unwinds');
      cleanup(sleep(10).pipe(tap(() => note('unwound'))));
    }),
  ),
);

const later = tamed(function* <T>(value: T, time: number) {
  yield* sleep(time);
  return value;
});

/** A call that fails the first so many times. */
function failingTimes(times: number): TamedCall<string> {
  const attempts = counter();
  return tamed(function* () {
    yield* sleep(1);
    const attempt = attempts.next();
    if (attempt <= times) {
      throw new Error(`attempt ${attempt}`);
    }
    return `attempt ${attempt}`;
  })();
}

/** Counts from 1. */
function counter(): { next: () => number } {
  let count = 0;
  return { next: () => ++count };
}

/** Notes what happens, and when. */
function diary(): { lines: string[]; note: (what: string) => void } {
  const lines: string[] = [];
  return { lines, note: (what) => lines.push(`${asyncScheduler.now()} ${what}`) };
}

/** A line of a diary without its time. */
function textOf(line: string): string {
  return line.replace(/^\d+ /, '');
}

/** Runs `test` on virtual time, which passes when it calls `flush`. */
function virtually(test: (flush: () => void) => void): void {
  new TestScheduler(() => undefined).run(({ flush }) => test(flush));
}

/** What closing raises, one by one, as soon as it has. */
function raisedBy(scope: AsyncScope): unknown[] {
  const raised: unknown[] = [];
  scope.close().subscribe({
    error: (error: unknown) =>
      raised.push(...(error instanceof ScopeError ? (error.errors as unknown[]) : [error])),
  });
  return raised;
}

async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
