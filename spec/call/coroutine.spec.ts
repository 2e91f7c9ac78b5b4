import { NEVER, Observable, timer } from 'rxjs';

import {
  abortSignal,
  AsyncScope,
  CancelledError,
  sleep,
  tamed,
  type DelayedResult,
} from '../../src/index.ts';
import { diary, textOf } from '../support/diary.ts';
import { virtually } from '../support/virtual-time.ts';
import { failing, later, raisedBy } from './unwinding.ts';

describe('A coroutine', () => {
  it('runs nothing before it is subscribed', () => {
    const { lines, note } = diary();
    const call = tamed(function* () {
      note('runs');
    })();

    expect(lines).toEqual([]);

    call.subscribe();

    expect(lines.length).toBe(1);
  });

  it('runs a generator that a compiler has made, which is a plain object with methods of its own', async () => {
    const compiled = tamed((fails: boolean) => {
      const generator = (function* () {
        yield* sleep(0);
        if (fails) {
          throw new Error('broken');
        }
        return 1;
      })();
      return {
        next: () => generator.next(),
        return: (value: number) => generator.return(value),
        throw: (error: unknown) => generator.throw(error),
        [Symbol.iterator]() {
          return this;
        },
      } as typeof generator;
    });

    expect(await compiled(false)).toBe(1);
    await expectAsync(compiled(true)).toBeRejectedWithError('broken');
  });

  it('runs again for each subscription', () => {
    const { lines, note } = diary();
    const call = tamed(function* () {
      note('runs');
    })();

    call.subscribe();
    call.subscribe();

    expect(lines.length).toBe(2);
  });

  it('waits at each yield* and goes on with the last value', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const inner = tamed(function* (n: number) {
        yield* sleep(n);
        return n * 2;
      });
      const outer = tamed(function* () {
        const a = yield* inner(1);
        note(`a=${a}`);
        const b = yield* tamed.from(timer(0, 10).pipe(takeThree));
        note(`b=${b}`);
        return a + b;
      });

      outer().subscribe((sum) => note(`sum=${sum}`));
      flush();

      expect(lines).toEqual(['1 a=2', '21 b=2', '21 sum=4']);
    });
  });

  it('goes on in the same tick when what it waits for is there', () => {
    const { lines, note } = diary();
    const outer = tamed(function* () {
      note(`got ${yield* tamed(() => 'plain')()}`);
      note(`got ${yield* tamed.from(['x', 'y'])}`);
    });

    outer().subscribe();

    expect(lines.map(textOf)).toEqual(['got plain', 'got y']);
  });

  it('gets the failure of what it waits for thrown at the yield*, as it is', () => {
    const failure = new Error('inner');
    const caught: unknown[] = [];
    const outer = tamed(function* () {
      try {
        yield* failing(failure);
      } catch (error) {
        caught.push(error);
        return 'handled';
      }
      return 'not handled';
    });

    outer().subscribe((value) => caught.push(value));

    expect(caught).toEqual([failure, 'handled']);
  });

  it('fails with what it does not catch', () => {
    const failure = new Error('inner');
    const heard: unknown[] = [];

    tamed(function* () {
      yield* failing(failure);
    })().subscribe({ error: (error: unknown) => heard.push(error) });

    expect(heard).toEqual([failure]);
  });

  it('runs a finally block once at a normal end and once at a failure', () => {
    const { lines, note } = diary();
    const outer = tamed(function* (fails: boolean) {
      try {
        yield* failing(fails ? new Error('inner') : undefined);
      } finally {
        note('finally');
      }
    });

    outer(false).subscribe();
    outer(true).subscribe({ error: () => note('failed') });

    expect(lines.map(textOf)).toEqual(['finally', 'finally', 'failed']);
  });

  it('may make scopes and runs while it unwinds, as usual', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(100);
          } finally {
            const saved = yield* AsyncScope.run(function* (own) {
              return yield* own.start(later('saved', 10));
            });
            note(saved);
          }
        })(),
      );
      timer(5).subscribe(() => scope.cancel());

      flush();

      expect(lines).toEqual(['15 saved']);
    });
  });

  it('subscribes what it waits for as its own code, though it was resumed by cancelled code of others', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const cancelled = new AsyncScope();
      const alive = new AsyncScope();
      const gate = new Observable<string>((subscriber) => {
        opens.push(() => {
          subscriber.next('open');
          subscriber.complete();
        });
      });
      const opens: (() => void)[] = [];
      const waiting = alive.start(
        tamed(function* () {
          yield* tamed.from(gate);
          return yield* AsyncScope.run(function* (own) {
            return yield* own.start(later('from the new run', 10));
          });
        })(),
      );
      cancelled.start(
        tamed(function* () {
          try {
            yield* sleep(5);
            cancelled.cancel();
            opens.forEach((open) => open());
          } finally {
            note('cancelled one ends');
          }
        })(),
      );

      flush();

      expect(lines).toEqual(['5 cancelled one ends']);
      expect(waiting.value).toBe('from the new run');
    });
  });

  it('knows its own abort signal at every step', () => {
    virtually((flush) => {
      const signals: AbortSignal[] = [];
      tamed(function* () {
        signals.push(abortSignal());
        yield* sleep(1);
        signals.push(abortSignal());
      })().subscribe();

      flush();

      expect(signals.length).toBe(2);
      expect(signals[0]).toBe(signals[1]);
    });
  });

  describe('that waits for a result', () => {
    it('gets a CancelledError when that is cancelled, and has failed with it', async () => {
      const other = new AsyncScope();
      const scope = new AsyncScope();
      const result = other.start(NEVER);
      scope.start(
        tamed(function* () {
          yield* result;
        })(),
      );

      other.cancel('no longer needed');

      expect((await raisedBy(scope)).errors).toEqual([jasmine.any(CancelledError)]);
    });

    it('goes on with the value of each, in the order of their start, before their scope closes', () => {
      virtually((flush) => {
        const { lines, note } = diary();
        const scope = new AsyncScope();
        const result: DelayedResult<string> = scope.start(later('value', 5));
        scope.start(
          tamed(function* () {
            note(`first ${yield* result}`);
          })(),
        );
        scope.start(
          tamed(function* () {
            note(`second ${yield* result}`);
          })(),
        );
        scope.close().subscribe({ complete: () => note('closed') });

        flush();

        expect(lines).toEqual(['5 first value', '5 second value', '5 closed']);
      });
    });
  });
});

const takeThree = (source: Observable<number>): Observable<number> =>
  new Observable((subscriber) => {
    const inner = source.subscribe((n) => {
      subscriber.next(n);
      if (n === 2) {
        subscriber.complete();
      }
    });
    return () => inner.unsubscribe();
  });
