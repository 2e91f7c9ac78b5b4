import {
  finalize,
  firstValueFrom,
  merge,
  NEVER,
  race,
  startWith,
  take,
  takeUntil,
  tap,
  timeout,
  TimeoutError,
  timer,
} from 'rxjs';

import type { ScopeError } from '../../src/index.ts';
import { AsyncScope, cleanup, sleep, tamed } from '../../src/index.ts';
import { diary, textOf } from '../support/diary.ts';
import { virtually } from '../support/virtual-time.ts';
import { tidy, untidy, raisedBy } from './tidy.ts';

describe('A tamed call under an operator take(1)', () => {
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

describe('A tamed call under an operator takeUntil()', () => {
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

describe('A tamed call under an operator timeout()', () => {
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

describe('A tamed call under an operator race()', () => {
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
