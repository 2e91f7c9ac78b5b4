import { asyncScheduler, NEVER } from 'rxjs';

import { AsyncScope, sleep, tamed, type TamedCall } from '../../src/index.ts';
import { diary } from '../support/diary.ts';
import { virtually } from '../support/virtual-time.ts';
import { failing } from './unwinding.ts';

describe('A coroutine of great length', () => {
  it('does not overflow the stack with 10 000 synchronous yield* in a row', () => {
    const values: number[] = [];
    const one = tamed(() => 1);

    tamed(function* () {
      let sum = 0;
      for (let n = 0; n < 10_000; n++) {
        sum += yield* one();
      }
      return sum;
    })().subscribe((sum) => values.push(sum));

    expect(values).toEqual([10_000]);
  });

  it('does not overflow the stack with 10 000 synchronous yield* of coroutines in a row', () => {
    const values: number[] = [];
    const one = tamed(function* () {
      return 1;
    });

    tamed(function* () {
      let sum = 0;
      for (let n = 0; n < 10_000; n++) {
        sum += yield* one();
      }
      return sum;
    })().subscribe((sum) => values.push(sum));

    expect(values).toEqual([10_000]);
  });

  it('does not overflow the stack with 10 000 failures caught in a row', () => {
    const values: number[] = [];
    const failure = new Error('each time');

    tamed(function* () {
      let caught = 0;
      for (let n = 0; n < 10_000; n++) {
        try {
          yield* failing(failure);
        } catch {
          caught++;
        }
      }
      return caught;
    })().subscribe((sum) => values.push(sum));

    expect(values).toEqual([10_000]);
  });

  it('does not overflow the stack with 10 000 results that are there in a row', () => {
    const values: number[] = [];
    const scope = new AsyncScope();
    const result = scope.start(tamed(() => 1)());

    tamed(function* () {
      let sum = 0;
      for (let n = 0; n < 10_000; n++) {
        sum += yield* result;
      }
      return sum;
    })().subscribe((sum) => values.push(sum));

    expect(values).toEqual([10_000]);
  });

  it('does not overflow the stack with 10 000 synchronous yield* in a finally block', () => {
    const { lines, note } = diary();
    const one = tamed(() => 1);
    const scope = new AsyncScope();
    scope.start(
      tamed(function* () {
        try {
          yield* tamed.from(NEVER);
        } finally {
          for (let n = 0; n < 10_000; n++) {
            yield* one();
          }
          note('unwound');
        }
      })(),
    );

    scope.cancel();

    expect(lines.length).toBe(1);
    expect(scope.size).toBe(0);
  });
});

describe('A coroutine 10 000 deep', () => {
  const DEPTH = 10_000;

  it('starts and ends', () => {
    virtually((flush) => {
      const values: number[] = [];
      chain(DEPTH, sleep(1)).subscribe((depth) => values.push(depth));

      flush();

      expect(values).toEqual([DEPTH]);
    });
  });

  it('starts and ends in one tick', () => {
    const values: number[] = [];

    chain(DEPTH, tamed(() => undefined)()).subscribe((depth) => values.push(depth));

    expect(values).toEqual([DEPTH]);
  });

  it('fails with the failure of the innermost', () => {
    virtually((flush) => {
      const failure = new Error('innermost');
      const heard: unknown[] = [];
      const innermost = tamed(function* () {
        yield* sleep(1);
        throw failure;
      });
      chain(DEPTH, innermost()).subscribe({ error: (error: unknown) => heard.push(error) });

      flush();

      expect(heard).toEqual([failure]);
    });
  });

  it('is cancelled, with synchronous finally blocks', () => {
    const counts = { unwound: 0 };
    const scope = new AsyncScope();
    scope.start(chain(DEPTH, tamed.from(NEVER), counts));

    scope.cancel();

    expect(counts.unwound).toBe(DEPTH);
    expect(scope.size).toBe(0);
  });

  it('is cancelled, with finally blocks that take time', () => {
    virtually((flush) => {
      const counts = { unwound: 0 };
      const scope = new AsyncScope();
      scope.start(chain(DEPTH, tamed.from(NEVER), counts, sleep(1)));

      scope.cancel();
      flush();

      expect(counts.unwound).toBe(DEPTH);
      expect(asyncScheduler.now()).toBe(DEPTH);
      expect(scope.size).toBe(0);
    });
  });

  it('is cancelled from inside its innermost', () => {
    const counts = { unwound: 0 };
    const scope = new AsyncScope();
    const innermost = tamed(function* () {
      scope.cancel();
      yield* sleep(1);
    });

    scope.start(chain(DEPTH, innermost(), counts));

    expect(counts.unwound).toBe(DEPTH);
    expect(scope.size).toBe(0);
  });

  it('is unsubscribed without a scope', () => {
    const counts = { unwound: 0 };

    chain(DEPTH, tamed.from(NEVER), counts).subscribe().unsubscribe();

    expect(counts.unwound).toBe(DEPTH);
  });
});

/** Coroutines one inside the other, `innermost` in the last of them. It emits how many there are. */
function chain(
  depth: number,
  innermost: TamedCall<unknown>,
  counts = { unwound: 0 },
  inFinally?: TamedCall<unknown>,
): TamedCall<number> {
  const link = tamed(function* (inner: TamedCall<unknown>): Generator<never, number> {
    try {
      const deeper = yield* inner;
      return (typeof deeper === 'number' ? deeper : 0) + 1;
    } finally {
      if (inFinally !== undefined) {
        yield* inFinally;
      }
      counts.unwound++;
    }
  });
  let call = innermost;
  for (let n = 0; n < depth; n++) {
    call = link(call);
  }
  return call as TamedCall<number>;
}
