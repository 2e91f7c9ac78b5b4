import { afterEach, expect, it, vi } from 'vitest';

import { specify } from './es-suite.mjs';

specify({
  it,
  afterEach,
  fake: {
    begin: () => vi.useFakeTimers(),
    advance: (ms) => vi.advanceTimersByTimeAsync(ms),
    end: () => vi.useRealTimers(),
  },
  equal: (actual, expected) => expect(actual).toEqual(expected),
  unequal: (actual, expected) => expect(actual).not.toEqual(expected),
});
