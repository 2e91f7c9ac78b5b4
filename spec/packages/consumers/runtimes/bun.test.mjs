import { afterEach, it, jest } from 'bun:test';

import { specify } from './suite.mjs';

specify({
  it,
  afterEach,
  turnsLoop: false,
  fake: {
    begin: () => jest.useFakeTimers(),
    advance: (ms) => jest.advanceTimersByTime(ms),
    end: () => jest.useRealTimers(),
  },
});
