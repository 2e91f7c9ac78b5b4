import { NEVER, timer } from 'rxjs';

import type { ScopeError } from '../../src/index.ts';
import { AsyncScope, sleep, tamed } from '../../src/index.ts';
import { reportsOf } from '../support/reports.ts';
import { diary } from '../support/diary.ts';
import { virtually } from '../support/virtual-time.ts';
import { failing, slowToUnwind, raisedBy } from './unwinding.ts';

describe('A coroutine with errors in its cleanup', () => {
  it('gives what a finally block throws to its scope', async () => {
    const scope = new AsyncScope();
    const failure = new Error('cleanup');
    const result = scope.start(throwingInFinally(failure));

    scope.cancel();

    expect((await raisedBy(scope)).errors).toEqual([failure]);
    expect(result.status).toBe('cancelled');
  });

  it('gives what it throws after a yield* in its finally block', () => {
    virtually((flush) => {
      const raised: unknown[] = [];
      const failure = new Error('late');
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(100);
          } finally {
            yield* sleep(10);

            throw failure;
          }
        })(),
      );
      timer(5).subscribe(() => scope.cancel());
      scope.close().subscribe({ error: (error: ScopeError) => raised.push(...(error.errors as unknown[])) });

      flush();

      expect(raised).toEqual([failure]);
    });
  });

  it('loses neither the error of an inner coroutine nor its own', async () => {
    const scope = new AsyncScope();
    const inner = new Error('inner');
    const outer = new Error('outer');
    scope.start(
      tamed(function* () {
        try {
          yield* throwingInFinally(inner);
        } finally {
          throw outer;
        }
      })(),
    );

    scope.cancel();

    expect((await raisedBy(scope)).errors).toEqual([inner, outer]);
  });

  it('unwinds all the same when the cleanup of what it waits for has failed', async () => {
    const { lines, note } = diary();
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        try {
          yield* throwingInFinally(new Error('inner'));
        } finally {
          note('outer finally');
        }
      })(),
    );

    scope.cancel();
    await raisedBy(scope);

    expect(lines.length).toBe(1);
  });

  it('counts a failure of what its finally block waits for', async () => {
    const scope = new AsyncScope();
    const failure = new Error('save');
    scope.start(
      tamed(function* () {
        try {
          yield* tamed.from(NEVER);
        } finally {
          yield* failing(failure);
        }
      })(),
    );

    scope.cancel();

    expect((await raisedBy(scope)).errors).toEqual([failure]);
  });

  it('reports them to RxJS where no scope waits', async () => {
    const failure = new Error('cleanup');
    const reported = await reportsOf(() => {
      throwingInFinally(failure).subscribe().unsubscribe();
    });

    expect(reported).toEqual([failure]);
  });
});

describe('A coroutine whose finally block does something else', () => {
  it('has been cancelled though it returns a value there', () => {
    const scope = new AsyncScope();
    const result = scope.start(
      tamed(function* () {
        try {
          yield* tamed.from(NEVER);
        } finally {
          return 'value';
        }
      })(),
    );

    scope.cancel();

    expect(result.status).toBe('cancelled');
    expect(scope.size).toBe(0);
  });

  it('gets an error thrown at a plain yield, which counts as an error of the cleanup', async () => {
    const scope = new AsyncScope();
    scope.start(
      (function* (): Generator<unknown, void, never> {
        try {
          yield* tamed.from(NEVER);
        } finally {
          yield 'something else';
        }
      })(),
    );

    scope.cancel();

    expect((await raisedBy(scope)).errors).toEqual([jasmine.any(TypeError)]);
  });

  it('is waited for until it ends, though it ignores return() and goes on', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          for (let round = 1; round <= 3; round++) {
            try {
              yield* sleep(10);
            } finally {
              note(`round ${round}`);

              continue;
            }
          }
          note('ended');
        })(),
      );
      timer(5).subscribe(() => scope.cancel());
      scope.close().subscribe({ complete: () => note('closed') });

      flush();

      expect(lines).toEqual(['5 round 1', '15 round 2', '25 round 3', '25 ended', '25 closed']);
    });
  });

  it('is not cancelled a second time while it unwinds', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const outer = new AsyncScope();
      outer.start(
        tamed(function* () {
          const own = new AsyncScope();
          own.start(slowToUnwind('child', note));
          yield* own.close();
        })(),
      );
      timer(5).subscribe(() => outer.cancel());
      timer(7).subscribe(() => outer.cancel());

      flush();

      expect(lines).toEqual(['5 child unwinds', '15 child unwound']);
    });
  });
});

const throwingInFinally = tamed(function* (error: Error) {
  try {
    yield* tamed.from(NEVER);
  } finally {
    throw error;
  }
});
