import { asyncScheduler, catchError, mergeMap, of, repeat, retry, throwError, timer } from 'rxjs';

import { AsyncScope, sleep, tamed, type TamedCall } from '../../src/index.ts';
import { diary, textOf } from '../support/diary.ts';
import { virtually } from '../support/virtual-time.ts';
import { tidy, untidy, later, counter, raisedBy } from './tidy.ts';

describe('A tamed call under an operator retry()', () => {
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

describe('A tamed call under an operator repeat()', () => {
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

describe('A tamed call under an operator catchError()', () => {
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
