import assert from 'node:assert';

import { AsyncScope, BlockingError, sleep, synchronous, tamed } from 'async-tamer';
import { expectNothingRunning, runMarbles, runMarblesAsync } from 'async-tamer/testing';

/** What a framework offers, by the names of this suite. */
export interface Framework {
  it(name: string, test: (() => void) | (() => Promise<unknown>)): void;
  afterEach(hook: () => void): void;
  /** Takes the place of timers, for one test. */
  fake: { begin(): void; advance(ms: number): unknown; end(): void };
  /** Whether `block()` can turn the event loop: in Node. Default: true. */
  readonly turnsLoop?: boolean;
  /** How `expect` compares, where there is one. */
  equal?(actual: unknown, expected: unknown): void;
  unequal?(actual: unknown, expected: unknown): void;
}

const double = tamed(async (n: number) => {
  await sleep(1);
  return 2 * n;
});

/** Specifies, in a framework, what users do there. */
export function specify({ it, afterEach, fake, turnsLoop = true, equal, unequal }: Framework): void {
  afterEach(() => expectNothingRunning());

  it('runs a scope', async () => {
    const scope = new AsyncScope();
    const result = scope.start(double(1));
    await scope.close();
    assert.strictEqual(result.value, 2);
  });

  it('runs on virtual time', () => {
    runMarbles(({ cold, scope, expectObservable }) => {
      const page = scope();
      expectObservable(page.start(cold('-a-b|'))).toBe('-a-b|');
      page.close();
    });
  });

  it('fails for a wrong diagram', async () => {
    const test = runMarblesAsync(({ cold, expectObservable }) => expectObservable(cold('-a|')).toBe('--a|'));
    await assert.rejects(test, /-a\|/);
  });

  it('runs on fake timers', async () => {
    fake.begin();
    const scope = new AsyncScope();
    const result = scope.start(sleep(60_000));
    await fake.advance(59_999);
    assert.strictEqual(result.status, 'pending');
    await fake.advance(1);
    assert.strictEqual(result.status, 'succeeded');
    fake.end();
    await scope.close();
  });

  it('refuses to block in a test', () => {
    assert.throws(() => double(1).block(), BlockingError);
  });

  if (turnsLoop) {
    it('blocks in synchronous(), which a test returns', () =>
      synchronous(() => {
        assert.strictEqual(double(2).block(), 4);
      }));
  } else {
    it('refuses to block in synchronous(), too', async () => {
      await assert.rejects(
        synchronous(() => double(2).block()),
        BlockingError,
      );
    });
  }

  it('knows the call that runs after an await, and interrupts it', async () => {
    const notes: unknown[] = [];
    const scope = new AsyncScope();
    const patient = tamed(async () => {
      try {
        await sleep(1);
        await sleep(60_000);
      } finally {
        notes.push('cleaned up');
      }
    });
    scope.start(patient());
    await sleep(20);
    scope.cancel();
    await scope.close();
    assert.deepStrictEqual(notes, ['cleaned up']);
  });

  it('compares calls', () => {
    const call = double(1);
    equal?.({ call }, { call });
    unequal?.(call, double(1));
  });
}
