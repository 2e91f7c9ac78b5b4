import { finalize, NEVER, tap, timer } from 'rxjs';

import { AsyncScope, cleanup, sleep, tamed } from '../../src/index.ts';
import { diary } from '../support/diary.ts';
import { virtually } from '../support/virtual-time.ts';
import { failing, later, slowToUnwind, raisedBy } from './unwinding.ts';

describe('A coroutine that is cancelled', () => {
  it('unsubscribes what it waits for, waits for its cleanup, and then unwinds', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      const source = NEVER.pipe(
        finalize(() => {
          note('source torn down');
          cleanup(sleep(10).pipe(tap(() => note('source clean'))));
        }),
      );
      scope.start(
        tamed(function* () {
          try {
            yield* tamed.from(source);
          } finally {
            note('finally');
          }
        })(),
      );
      timer(5).subscribe(() => scope.cancel());
      scope.close().subscribe({ complete: () => note('closed') });

      flush();

      expect(lines).toEqual(['5 source torn down', '15 source clean', '15 finally', '15 closed']);
    });
  });

  it('lets a finally block yield*, for which the scope waits', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(slowToUnwind('a', note));
      timer(5).subscribe(() => scope.cancel());
      scope.close().subscribe({ complete: () => note('closed') });

      flush();

      expect(lines).toEqual(['5 a unwinds', '15 a unwound', '15 closed']);
    });
  });

  it('gets the value of a yield* in a finally block', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(100);
          } finally {
            note(`saved ${yield* later(7, 3)}`);
          }
        })(),
      );
      timer(5).subscribe(() => scope.cancel());

      flush();

      expect(lines).toEqual(['8 saved 7']);
    });
  });

  it('gets the failure of a yield* in a finally block, where it may catch it', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(100);
          } finally {
            try {
              yield* failing(new Error('save'));
            } catch {
              note('caught');
            }
          }
        })(),
      );
      timer(5).subscribe(() => scope.cancel());
      scope.close().subscribe({ complete: () => note('closed') });

      flush();

      expect(lines).toEqual(['5 caught', '5 closed']);
    });
  });

  it('runs nested finally blocks from the inside out, each once', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            try {
              yield* sleep(100);
            } finally {
              yield* sleep(1);
              note('inner');
            }
          } finally {
            yield* sleep(1);
            note('outer');
          }
        })(),
      );
      timer(5).subscribe(() => scope.cancel());

      flush();

      expect(lines).toEqual(['6 inner', '7 outer']);
    });
  });

  it('unwinds the coroutine it waits for before itself', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* slowToUnwind('inner', note);
          } finally {
            note('outer unwinds');
          }
        })(),
      );
      timer(5).subscribe(() => scope.cancel());

      flush();

      expect(lines).toEqual(['5 inner unwinds', '15 inner unwound', '15 outer unwinds']);
    });
  });

  it('never runs the code after the yield* at which it stood, nor a catch block', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(10);
            note('after');
          } catch {
            note('catch');
          }
          note('after the try');
        })(),
      );
      timer(5).subscribe(() => scope.cancel());

      flush();

      expect(lines).toEqual([]);
      expect(scope.size).toBe(0);
    });
  });

  it('is over when cancel() returns if its cleanup is synchronous', () => {
    const { lines, note } = diary();
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        try {
          yield* tamed.from(NEVER);
        } finally {
          note('finally');
        }
      })(),
    );

    scope.cancel();

    expect(lines.length).toBe(1);
    expect(scope.size).toBe(0);
  });

  it('is cancelled once, though it is asked twice', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(slowToUnwind('a', note));
      timer(5).subscribe(() => scope.cancel());
      timer(8).subscribe(() => scope.cancel());

      flush();

      expect(lines).toEqual(['5 a unwinds', '15 a unwound']);
    });
  });

  it('is cancelled once, though its finally block cancels the scope again', () => {
    const { lines, note } = diary();
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        try {
          yield* tamed.from(NEVER);
        } finally {
          note('finally');
          scope.cancel();
        }
      })(),
    );

    scope.cancel();

    expect(lines.length).toBe(1);
    expect(scope.size).toBe(0);
  });

  it('runs none of its code if it has not begun', () => {
    const { lines, note } = diary();
    const scope = new AsyncScope({ concurrency: 1 });
    scope.start(NEVER);
    scope.start(
      tamed(function* () {
        try {
          note('begins');
          yield* sleep(1);
        } finally {
          note('finally');
        }
      })(),
    );

    scope.cancel();

    expect(lines).toEqual([]);
    expect(scope.size).toBe(0);
  });

  it('has nothing to unwind once it has ended', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      const result = scope.start(slowToUnwind('a', note));

      flush();
      scope.cancel();

      expect(lines).toEqual(['100 a unwinds', '110 a unwound']);
      expect(result.status).toBe('succeeded');
    });
  });

  it('unwinds also when it is simply unsubscribed', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const subscription = slowToUnwind('a', note).subscribe({
        next: () => note('value'),
        complete: () => note('complete'),
      });
      timer(5).subscribe(() => subscription.unsubscribe());

      flush();

      expect(lines).toEqual(['5 a unwinds', '15 a unwound']);
    });
  });

  it('does not pull a result down with it for which it only waits', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const owner = new AsyncScope();
      const waiter = new AsyncScope();
      const result = owner.start(later('value', 20));
      waiter.start(
        tamed(function* () {
          try {
            yield* result;
          } finally {
            note('waiter ends');
          }
        })(),
      );
      timer(5).subscribe(() => waiter.cancel());

      flush();

      expect(lines).toEqual(['5 waiter ends']);
      expect(result.value).toBe('value');
    });
  });
});

describe('A coroutine that cancels itself while it runs', () => {
  it('goes on to its next yield*, and unwinds there', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            yield* sleep(5);
            scope.cancel();
            note('still running');
            yield* sleep(5);
            note('after');
          } finally {
            note('finally');
          }
        })(),
      );

      flush();

      expect(lines).toEqual(['5 still running', '5 finally']);
    });
  });

  it('never subscribes what that yield* names', () => {
    const { lines, note } = diary();
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        scope.cancel();
        yield* tamed(() => note('subscribed'))();
      })(),
    );

    expect(lines).toEqual([]);
    expect(scope.size).toBe(0);
  });

  it('does so in its first, synchronous segment too, and its cleanup is waited for', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const scope = new AsyncScope();
      scope.start(
        tamed(function* () {
          try {
            scope.cancel();
            yield* sleep(1);
          } finally {
            note('unwinds');
            yield* sleep(10);
            note('unwound');
          }
        })(),
      );
      scope.close().subscribe({ complete: () => note('closed') });

      flush();

      expect(lines).toEqual(['0 unwinds', '10 unwound', '10 closed']);
    });
  });

  it('has simply returned if it returns before that', () => {
    const { lines, note } = diary();
    const scope = new AsyncScope();
    const result = scope.start(
      tamed(function* () {
        try {
          scope.cancel();
          return 'value';
        } finally {
          note('finally');
        }
      })(),
    );

    expect(lines.length).toBe(1);
    expect(result.status).toBe('cancelled');
    expect(scope.size).toBe(0);
  });

  it('raises what it throws before that', async () => {
    const scope = new AsyncScope();
    const failure = new Error('after the cancel');
    scope.start(
      tamed(function* () {
        scope.cancel();
        throw failure;
      })(),
    );

    const raised = await raisedBy(scope);

    expect(raised.errors).toEqual([failure]);
  });

  it('unwinds only when the children it made are clean', () => {
    virtually((flush) => {
      const { lines, note } = diary();
      const outer = new AsyncScope();
      outer.start(
        tamed(function* () {
          const own = new AsyncScope();
          try {
            own.start(slowToUnwind('child', note));
            outer.cancel();
            yield* sleep(1);
          } finally {
            note('owner unwinds');
          }
        })(),
      );

      flush();

      expect(lines).toEqual(['0 child unwinds', '10 child unwound', '10 owner unwinds']);
    });
  });
});
