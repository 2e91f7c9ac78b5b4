import { take } from 'rxjs';

import { sleep, tamed } from '../../src/index.ts';
import { record, thrownBy, firstLineOf } from '../support/outcome.ts';
import { onVirtualTime } from '../support/virtual-time.ts';

describe('sleep()', () => {
  it('emits undefined after as many milliseconds, and completes', () => {
    onVirtualTime(({ expectObservable }) => {
      expectObservable(sleep(3)).toBe('---(x|)', { x: undefined });
    });
  });

  it('takes real time elsewhere', async () => {
    const before = performance.now();

    await sleep(5);

    expect(performance.now() - before).toBeGreaterThanOrEqual(4);
  });

  it('waits again for each subscriber', () => {
    onVirtualTime(({ expectObservable }) => {
      const call = sleep(2);

      expectObservable(call).toBe('       --(x|)', { x: undefined });
      expectObservable(call, '---^').toBe('-----(x|)', { x: undefined });
    });
  });

  it('does not emit before subscribe() returns, even after no time', () => {
    const told = record(sleep(0).pipe(take(1)));

    expect(told).toEqual([]);
  });

  it('takes a negative time for none, as timer() does', () => {
    onVirtualTime(({ expectObservable }) => {
      const late = tamed(function* () {
        yield* sleep(3);
        yield* sleep(-2);
        return 'a';
      });

      expectObservable(late()).toBe('---(a|)');
    });
  });

  it('waits forever for Infinity', () => {
    onVirtualTime(({ expectObservable }) => {
      expectObservable(sleep(Infinity)).toBe('---');
    });
  });

  it('leaves no timer behind when it is cancelled', () => {
    const set = spyOn(globalThis, 'setInterval').and.callThrough(); // RxJS's only kind.
    const clear = spyOn(globalThis, 'clearInterval').and.callThrough();

    sleep(1000).subscribe().unsubscribe();

    expect(set).toHaveBeenCalledTimes(1);
    expect(clear).toHaveBeenCalledOnceWith(set.calls.first().returnValue);
  });

  it('is named', () => {
    expect([sleep.name, sleep(1).name]).toEqual(['sleep', 'sleep']);
  });

  for (const [described, ms] of [
    ['NaN (number)', NaN],
    ['2147483648 (number)', 2 ** 31],
    ['"5" (string)', '5'],
    ['undefined', undefined],
    ['5 (bigint)', 5n],
  ] as const) {
    it(`complains at once of ${described}`, () => {
      const error = thrownBy(() => sleep(ms as never));

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(`milliseconds`);
      expect(error.message).toContain(described);
      expect(firstLineOf(error)).toContain('sleep.spec.ts');
    });
  }
});
