import { finalize, map, NEVER, timer } from 'rxjs';

import { AsyncScope, BlockingError, cleanup, sleep, synchronous, tamed } from '../../src/index.ts';
import { runMarbles } from '../../src/testing/index.ts';
import { thrownBy } from '../support/outcome.ts';
import { onlyWhere } from '../support/runtime.ts';

/** Jasmine runs specs in microtasks, in which no event loop can be turned. */
const blocked = <R>(code: () => R): PromiseLike<unknown> => synchronous(code);

const log: string[] = [];

/** Waits, and says how it ends; `bye` ms for its cleanup. */
const waits = tamed(function* (ms: number, bye: number = 0): Generator<never, string> {
  try {
    yield* sleep(ms);
    log.push('returned');
    return 'value';
  } catch {
    log.push('caught');
    return 'caught';
  } finally {
    yield* sleep(bye);
    log.push('cleaned up');
  }
});

const waitsAsync = tamed(async (ms: number) => {
  try {
    await sleep(ms);
    return 'value';
  } finally {
    await sleep(1);
    log.push('cleaned up');
  }
});

describe('block() with a timeout', () => {
  beforeEach(() => {
    log.splice(0);
  });

  onlyWhere.loopCanBeTurned.it('returns what comes in time', () => {
    expect(waits(1).block({ timeout: 60_000 })).toBe('value');
    expect(tamed(() => 1)().block({ timeout: 0 })).toBe(1);
    expect(waits(1).block({ timeout: Infinity })).toBe('value');
    expect(waits(1).block({})).toBe('value');
  });

  onlyWhere.loopCanBeTurned.it(
    'cuts a leaf short that waits on the spot, and cancels the call, cleanup included',
    () => {
      const error = thrownBy(() => waits(60_000, 5).block({ timeout: 10 }));

      expect(error.name).toBe('TimeoutError');
      expect(error.message).toBe('What block() waits for has run out of time: its "timeout" is 10 ms.');
      expect(log).toEqual(['cleaned up']);
    },
  );

  onlyWhere.loopCanBeTurned.it('cuts a single leaf short, also one that would never end', () => {
    expect(thrownBy(() => sleep(60_000).block({ timeout: 5 })).name).toBe('TimeoutError');
    expect(thrownBy(() => sleep(Infinity).block({ timeout: 5 })).name).toBe('TimeoutError');
  });

  it('cancels a call when a `sync` that could not be interrupted returns', () => {
    const spin = tamed({
      sync: (): void => {
        for (const end = performance.now() + 20; performance.now() < end;);
      },
      async: () => timer(20).pipe(map(() => undefined)),
    });
    const job = tamed(function* () {
      try {
        yield* spin();
        log.push('went on');
      } finally {
        log.push('cleaned up');
      }
    });

    expect(thrownBy(() => job().block({ timeout: 5 })).name).toBe('TimeoutError');
    expect(log).toEqual(['cleaned up']);
  });

  onlyWhere.loopCanBeTurned.it('cancels calls under tamed.all', () => {
    const both = tamed.all([waits(60_000), waits(60_000)]);

    expect(thrownBy(() => both.block({ timeout: 5 })).name).toBe('TimeoutError');
    expect(log).toEqual(['cleaned up']); // Under block() the second one had not begun.
  });

  onlyWhere.loopCanBeTurned.it('bounds what is blocked on inside, and each has its own time', () => {
    const inner = tamed(() => thrownBy(() => waits(60_000).block({ timeout: 5 })).name);
    const impatient = tamed(() => waits(60_000).block({ timeout: 50_000 }));

    expect(inner().block({ timeout: 60_000 })).toBe('TimeoutError');
    expect(thrownBy(() => impatient().block({ timeout: 5 })).name).toBe('TimeoutError');
    expect(log).toEqual(['cleaned up', 'cleaned up']);
  });

  it('obeys the virtual clock', () => {
    runMarbles(() => {
      expect(thrownBy(() => waits(60_000, 5).block({ timeout: 1000 })).name).toBe('TimeoutError');
      expect(thrownBy(() => tamed.from(NEVER).block({ timeout: 1000 })).name).toBe('TimeoutError');
      expect(waits(1000).block({ timeout: 60_000 })).toBe('value');
    });

    expect(log).toEqual(['cleaned up', 'returned', 'cleaned up']);
  });

  it('refuses where it cannot block, as without one', async () => {
    await null;

    expect(() => waitsAsync(1).block({ timeout: 1000 })).toThrowError(BlockingError);
  });

  it('is refused where it is wrong', () => {
    const messages = [5, { timeout: -1 }, { after: 1 }].map(
      (options) => thrownBy(() => sleep(1).block(options as never)).message,
    );

    expect(messages).toEqual([
      jasmine.stringContaining('block() takes an object of options, but got 5'),
      jasmine.stringContaining('The option "timeout" is a time in ms'),
      jasmine.stringContaining('block() has no option "after"'),
    ]);
  });

  onlyWhere.loopCanBeTurned.describe('where the event loop is turned', () => {
    it('cancels an async function, and waits for its cleanup', async () => {
      await blocked(() => {
        expect(thrownBy(() => waitsAsync(60_000).block({ timeout: 10 })).name).toBe('TimeoutError');
        expect(log).toEqual(['cleaned up']);
      });
    });

    it('waits for what a teardown leaves', async () => {
      const source = NEVER.pipe(finalize(() => void cleanup(waitsAsync(1))));
      await blocked(() => {
        expect(thrownBy(() => tamed.from(source).block({ timeout: 10 })).name).toBe('TimeoutError');
      });
    });

    it('waits no longer for a result, whose child goes on', async () => {
      await blocked(() => {
        using scope = new AsyncScope();
        const result = scope.start(waitsAsync(20));

        expect(thrownBy(() => result.block({ timeout: 5 })).name).toBe('TimeoutError');
        expect(result.status).toBe('pending');
        expect(result.block({ timeout: 60_000 })).toBe('value');
      });
    });

    it('returns what comes in time, and leaves no timer', async () => {
      await blocked(() => {
        expect(waitsAsync(1).block({ timeout: 60_000 })).toBe('value');
      });
    });
  });
});
