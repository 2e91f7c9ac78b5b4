import { afterEach, it, mock } from 'node:test';

import { specify } from './suite.mjs';

specify({
  it,
  afterEach,
  turnsLoop: false,
  fake: {
    begin: () => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }),
    advance: (ms) => mock.timers.tick(ms),
    end: () => mock.timers.reset(),
  },
});
