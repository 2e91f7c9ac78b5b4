import { afterEach, expect, it, jest } from '@jest/globals';

import { specify } from './es-suite.mjs';

specify({
  it,
  afterEach,
  fake: {
    begin: () => jest.useFakeTimers(),
    advance: (ms) => jest.advanceTimersByTimeAsync(ms),
    end: () => jest.useRealTimers(),
  },
  equal: (actual, expected) => expect(actual).toEqual(expected),
  unequal: (actual, expected) => expect(actual).not.toEqual(expected),
});
