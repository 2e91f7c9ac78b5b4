import { concat, concatMap, delay, finalize, mergeMap, NEVER, of, switchMap, throwError, timer } from 'rxjs';

import { AsyncScope, cleanup, sleep, tamed } from '../../src/index.ts';
import { diary } from '../support/diary.ts';
import { virtually } from '../support/virtual-time.ts';
import { tidy, untidy, raisedBy } from './tidy.ts';

describe('A tamed call under an operator switchMap()', () => {
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

describe('A tamed call under an operator switchMap() whose teardown cancels the scope', () => {
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

describe('A tamed call under an operator concatMap()', () => {
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

describe('A tamed call under an operator mergeMap()', () => {
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
