import {
  asyncScheduler,
  concatMap,
  finalize,
  from,
  map,
  NEVER,
  Observable,
  of,
  type ObservableInput,
  switchMap,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';

import type { ScopeError } from '../../src/index.ts';
import { AsyncScope, CancelledError, cleanup, CleanupTimeoutError, sleep, tamed } from '../../src/index.ts';
import { reportsOf } from '../support/reports.ts';
import { onlyWhere } from '../support/runtime.ts';
import { diary, textOf } from '../support/diary.ts';
import { virtually } from '../support/virtual-time.ts';
import { throwing, ms, errorsOf } from './teardown.ts';

describe('cleanup()', () => {
  describe('in a finalize() callback', () => {
    it('lets the scope wait for the work after a cancel', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(NEVER.pipe(finalize(() => cleanup(working('work', note)))));
        timer(5).subscribe(() => scope.cancel());
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 work begins', '15 work ends', '15 closed']);
      });
    });

    it('may be given an async function that itself awaits and loops over calls', async () => {
      const { lines, note } = diary();
      const goodbye = async (): Promise<void> => {
        await sleep(1);
        for await (const word of tamed.from(['good', 'bye'])) {
          note(word);
        }
      };
      const looping = async (): Promise<void> => {
        for await (const word of tamed.from(['so', 'long'])) {
          note(word);
        }
      };
      const scope = new AsyncScope();
      scope.start(NEVER.pipe(finalize(() => cleanup(goodbye()))));
      scope.start(tamed(() => NEVER.pipe(finalize(() => cleanup(looping()))))());

      scope.cancel();
      await scope.close();

      expect(lines.map((line) => line.replace(/^\d+ /, '')).sort()).toEqual(['bye', 'good', 'long', 'so']);
    });

    it('lets it wait at a normal end, too', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(timer(5).pipe(finalize(() => cleanup(working('work', note)))));
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 work begins', '15 work ends', '15 closed']);
      });
    });

    it('lets it wait at a normal end within one tick', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(of(1).pipe(finalize(() => cleanup(working('work', note)))));
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 work begins', '10 work ends', '10 closed']);
      });
    });

    it('lets it wait at a failure', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const source = throwError(() => new Error('failure'));
        scope.start(source.pipe(finalize(() => cleanup(working('work', note)))));
        scope.close().subscribe({ error: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 work begins', '10 work ends', '10 closed']);
      });
    });

    it('lets it wait for each of several', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const source = NEVER.pipe(
          finalize(() => cleanup(working('a', note, 10))),
          finalize(() => cleanup(working('b', note, 5))),
        );
        scope.start(source);
        scope.cancel();
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 a begins', '0 b begins', '5 b ends', '10 a ends', '10 closed']);
      });
    });

    onlyWhere.contextIsCarried.it('lets it wait for an inner Observable that ended by itself', async () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      const inner = timer(1).pipe(finalize(() => cleanup(working('work', note))));
      scope.start(of(1, 2).pipe(concatMap(() => inner)));

      await scope.close();

      expect(lines.map(textOf)).toEqual(['work begins', 'work begins', 'work ends', 'work ends']);
    });
  });

  describe('in a plain teardown', () => {
    it('lets the scope wait for the work after a cancel', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(new Observable(() => () => cleanup(working('work', note))));
        scope.cancel();
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 work begins', '10 work ends', '10 closed']);
      });
    });

    it('lets it wait at a normal end, before the teardown was returned', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          new Observable((subscriber) => {
            subscriber.complete();
            return () => cleanup(working('work', note));
          }),
        );
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 work begins', '10 work ends', '10 closed']);
      });
    });

    it('lets it wait where the source cancels the scope while it is being subscribed', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          new Observable(() => {
            scope.cancel();
            return () => cleanup(working('work', note));
          }),
        );
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 work begins', '10 work ends', '10 closed']);
      });
    });

    it('lets it wait where one value is taken of a source that goes on', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const source = new Observable<number>((subscriber) => {
          subscriber.add(() => cleanup(working('work', note)));
          subscriber.next(1);
        });
        scope.start(source.pipe(take(1)));
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 work begins', '10 work ends', '10 closed']);
      });
    });
  });

  describe('with work', () => {
    it('subscribes to it at once', () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(NEVER.pipe(finalize(() => cleanup(working('work', note)))));

      scope.cancel();
      note('cancel() returns');

      expect(lines.map(textOf)).toEqual(['work begins', 'cancel() returns']);
    });

    const kinds: Record<string, () => ObservableInput<unknown>> = {
      'an Observable': () => timer(1),
      'a tamed call': () => sleep(1),
      'a promise': () => new Promise((resolve) => setTimeout(resolve, 1)),
      'a result of another scope': () => new AsyncScope().start(sleep(1)),
      'a run': () => AsyncScope.run((inner) => inner.start(sleep(1))),
      'an async iterable': () =>
        (async function* () {
          await sleep(1);
          yield 1;
        })(),
    };
    for (const [kind, work] of Object.entries(kinds)) {
      it(`takes ${kind}`, async () => {
        const scope = new AsyncScope();
        const given = work();
        scope.start(NEVER.pipe(finalize(() => cleanup(given))));

        scope.cancel();
        const sizeAtOnce = scope.size;
        await scope.close();

        expect(sizeAtOnce).toBe(1);
        expect(scope.size).toBe(0);
      });
    }

    it('is over at once with work that is', () => {
      const scope = new AsyncScope();
      scope.start(NEVER.pipe(finalize(() => cleanup([1, 2, 3]))));

      scope.cancel();

      expect(scope.size).toBe(0);
    });

    it('waits for what the work leaves behind, in turn', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const work = working('a', note).pipe(finalize(() => cleanup(working('b', note))));
        scope.start(NEVER.pipe(finalize(() => cleanup(work))));
        scope.cancel();
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 a begins', '10 a ends', '10 b begins', '20 b ends', '20 closed']);
      });
    });

    it('leaves it alone when the scope is cancelled once more', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(timer(5).pipe(finalize(() => cleanup(working('work', note)))));
        timer(10).subscribe(() => scope.cancel());

        flush();

        expect(lines).toEqual(['5 work begins', '15 work ends']);
      });
    });

    it('refuses what is no source, in an error that counts like any of a teardown', async () => {
      const scope = new AsyncScope();
      const nothing = 42 as unknown as ObservableInput<unknown>;
      scope.start(NEVER.pipe(finalize(() => cleanup(nothing))));

      scope.cancel();

      expect((await errorsOf(scope)).map(String)).toEqual([
        jasmine.stringMatching(/^TypeError: cleanup\(\).*42/),
      ]);
    });
  });

  describe('seen from the scope', () => {
    it('has the result settled while the work goes on', () => {
      virtually((flush) => {
        const scope = new AsyncScope();
        const result = scope.start(timer(5).pipe(finalize(() => cleanup(sleep(10)))));
        const seen: unknown[] = [];
        timer(6).subscribe(() => seen.push(result.status, scope.size, scope.children));

        flush();

        expect(seen).toEqual(['succeeded', 1, [{ id: 1, name: '', state: 'cleaning up' }]]);
      });
    });

    it('says in events$ when the cleanup has ended', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.events$.subscribe(({ type }) => note(type));
        scope.start(NEVER.pipe(finalize(() => cleanup(sleep(10)))));
        timer(5).subscribe(() => scope.cancel());

        flush();

        expect(lines).toEqual(['0 start', '5 cancel', '15 cleanup']);
      });
    });

    it('keeps the place of the child until the cleanup has ended', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope({ concurrency: 1 });
        scope.start(timer(5).pipe(finalize(() => cleanup(sleep(10)))));
        scope.start(tamed(() => note('next child'))());

        flush();

        expect(lines).toEqual(['15 next child']);
      });
    });
  });

  describe('under other code', () => {
    it('lets a cancelled coroutine unwind when the work has ended', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            try {
              yield* tamed.from(NEVER.pipe(finalize(() => cleanup(working('work', note)))));
            } finally {
              note('unwinds');
            }
          })(),
        );
        scope.cancel();

        flush();

        expect(lines).toEqual(['0 work begins', '10 work ends', '10 unwinds']);
      });
    });

    it('lets a cancelled async function unwind when the work has ended', async () => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      const source = NEVER.pipe(finalize(() => cleanup(working('work', note))));
      scope.start(
        tamed(async () => {
          try {
            await tamed.from(source);
          } finally {
            note('unwinds');
          }
        })(),
      );
      await ms(1);

      scope.cancel();
      await scope.close();

      expect(lines.map(textOf)).toEqual(['work begins', 'work ends', 'unwinds']);
    });

    it('lets a cancelled run wait for it', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const source = NEVER.pipe(finalize(() => cleanup(working('work', note))));
        scope.start(AsyncScope.run((inner) => inner.start(source)));
        scope.cancel();
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['0 work begins', '10 work ends', '10 closed']);
      });
    });

    it('has a coroutine go on at a normal end, while the scope waits for the work', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        scope.start(
          tamed(function* () {
            yield* tamed.from(timer(5).pipe(finalize(() => cleanup(working('work', note)))));
            note('goes on');
          })(),
        );
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toContain('5 goes on');
        expect(lines.slice(-2)).toEqual(['15 work ends', '15 closed']);
      });
    });
  });

  describe('with work that fails', () => {
    it('is one of the errors that closing raises', async () => {
      const failure = new Error('work');
      const scope = new AsyncScope();
      scope.start(NEVER.pipe(finalize(() => cleanup(failingAfter(1, failure)))));

      scope.cancel();

      expect(await errorsOf(scope)).toEqual([failure]);
    });

    it('is one at a normal end, too, with the result a success', async () => {
      const failure = new Error('work');
      const scope = new AsyncScope();
      const result = scope.start(of(1).pipe(finalize(() => cleanup(failingAfter(1, failure)))));

      expect(await errorsOf(scope)).toEqual([failure]);
      expect(result.value).toBe(1);
    });

    it('comes after the failure of the source, in the order of time', async () => {
      const failure = new Error('source');
      const late = new Error('work');
      const scope = new AsyncScope();
      scope.start(throwError(() => failure).pipe(finalize(() => cleanup(failingAfter(1, late)))));

      expect(await errorsOf(scope)).toEqual([failure, late]);
    });

    it('cancels nobody else', async () => {
      const scope = new AsyncScope();
      const other = scope.start(from(sleep(5)).pipe(map(() => 'value')));
      scope.start(of(1).pipe(finalize(() => cleanup(failingAfter(1, new Error('work'))))));

      await errorsOf(scope);

      expect(other.value).toBe('value');
    });

    it('counts also if it is a CancelledError', async () => {
      const scope = new AsyncScope();
      const other = new AsyncScope();
      const cancelled = other.start(NEVER);
      other.cancel();
      scope.start(NEVER.pipe(finalize(() => cleanup(cancelled))));

      scope.cancel();

      expect(await errorsOf(scope)).toEqual([jasmine.any(CancelledError)]);
    });

    it('counts beside a teardown that throws', async () => {
      const thrown = new Error('teardown');
      const failure = new Error('work');
      const scope = new AsyncScope();
      const source = NEVER.pipe(
        finalize(() => cleanup(failingAfter(1, failure))),
        finalize(() => {
          throw thrown;
        }),
      );
      scope.start(source);

      scope.cancel();

      expect(await errorsOf(scope)).toEqual([thrown, failure]);
    });

    it('goes to the nearest scope that waits, and to no other', async () => {
      const failure = new Error('work');
      const outer = new AsyncScope();
      const inner = new AsyncScope({ parent: outer });
      inner.start(NEVER.pipe(finalize(() => cleanup(failingAfter(1, failure)))));

      outer.cancel();

      expect(await errorsOf(inner)).toEqual([failure]);
      await expectAsync(outer.close().then()).toBeResolved();
    });

    it('counts where switchMap() tore the source down', async () => {
      const failure = new Error('work');
      const scope = new AsyncScope();
      const inner = NEVER.pipe(finalize(() => cleanup(failingAfter(1, failure))));
      scope.start(of(1, 2).pipe(switchMap((n) => (n === 1 ? inner : of(n)))));

      expect(await errorsOf(scope)).toEqual([failure]);
    });
  });

  describe('where no scope waits', () => {
    it('runs the work all the same', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        NEVER.pipe(finalize(() => cleanup(working('work', note))))
          .subscribe()
          .unsubscribe();

        flush();

        expect(lines).toEqual(['0 work begins', '10 work ends']);
      });
    });

    it('reports a failure of the work to RxJS', async () => {
      const failure = new Error('work');
      const reported = await reportsOf(() => {
        NEVER.pipe(finalize(() => cleanup(failingAfter(1, failure))))
          .subscribe()
          .unsubscribe();
      });

      expect(reported).toEqual([failure]);
    });

    it('reports it once under a tamed call, too', async () => {
      const failure = new Error('work');
      const reported = await reportsOf(() => {
        tamed(() => NEVER.pipe(finalize(() => cleanup(failingAfter(1, failure)))))()
          .subscribe()
          .unsubscribe();
      });

      expect(reported).toEqual([failure]);
    });

    it('throws at the call, in no teardown, for what is no source', () => {
      expect(() => cleanup(undefined as unknown as ObservableInput<unknown>)).toThrowError(
        TypeError,
        /cleanup\(\).*undefined/,
      );
    });
  });
});

describe('The cleanupTimeout of a scope', () => {
  it('closes it without those who still clean up, and names them', () => {
    virtually((flush) => {
      const raised: unknown[] = [];
      const scope = new AsyncScope({ cleanupTimeout: 10 });
      scope.start(tidying(100));
      scope.start(tidying(5));
      scope.start(NEVER.pipe(finalize(() => cleanup(sleep(50)))));
      scope.cancel();
      scope.close().subscribe({
        error: (error: ScopeError) => raised.push(asyncScheduler.now(), ...(error.errors as unknown[])),
      });

      flush();

      expect(raised).toEqual([10, jasmine.any(CleanupTimeoutError)]);
      expect((raised[1] as CleanupTimeoutError).children).toEqual(['tidy (#1)', '#3']);
    });
  });

  it('raises nothing where all have ended in time', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope({ cleanupTimeout: 10 });
      scope.start(tidying(9));
      scope.cancel();
      scope.close().subscribe({ complete: () => note('closed') });

      flush();

      expect(lines).toEqual(['9 closed']);
    });
  });

  it('begins when the cleanup does, not when the scope does', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope({ cleanupTimeout: 10 });
      scope.start(tidying(9));
      timer(50).subscribe(() => scope.cancel());
      scope.close().subscribe({ complete: () => note('closed') });

      flush();

      expect(lines).toEqual(['59 closed']);
    });
  });

  it('leaves what they throw later to RxJS', async () => {
    const failure = new Error('too late');
    const reported = await reportsOf(async () => {
      const scope = new AsyncScope({ cleanupTimeout: 1 });
      scope.start(NEVER.pipe(finalize(() => cleanup(failingAfter(5, failure)))));

      scope.cancel();

      expect(await errorsOf(scope)).toEqual([jasmine.any(CleanupTimeoutError)]);
    });

    expect(reported).toEqual([failure]);
  });

  it('leaves no timer behind where all have ended in time', () => {
    virtually((flush) => {
      const scope = new AsyncScope({ cleanupTimeout: 1000 });
      scope.start(tidying(5));
      scope.cancel();

      flush();

      expect(asyncScheduler.now()).toBe(5);
    });
  });
});

const tidying = tamed(function* tidy(time: number) {
  try {
    yield* sleep(Infinity);
  } finally {
    yield* sleep(time);
  }
});

function working(name: string, note: (what: string) => void, time = 10): Observable<unknown> {
  return new Observable((subscriber) => {
    note(`${name} begins`);
    return timer(time)
      .pipe(tap(() => note(`${name} ends`)))
      .subscribe(subscriber);
  });
}

function failingAfter(time: number, error: Error): Observable<never> {
  return timer(time).pipe(map(throwing(error)));
}
