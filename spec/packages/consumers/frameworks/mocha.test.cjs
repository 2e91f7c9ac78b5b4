const fakeTimers = require('@sinonjs/fake-timers');
const { afterEach, describe, it } = require('mocha');

const { specify } = require('./cjs-suite.cjs');

let clock;

describe('The suite', () => {
  specify({
    it,
    afterEach,
    fake: {
      begin: () => {
        clock = fakeTimers.install();
      },
      advance: (ms) => clock.tickAsync(ms),
      end: () => clock.uninstall(),
    },
  });
});
