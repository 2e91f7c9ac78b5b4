// A service that runs for ever, in a scope that cancels it when its block ends: exitMode 'cancel'.
// Watch the rate: a burst of three requests, then one in each period; and the program ends, although the service would not.
import { AsyncScope, sleep, tamed } from 'async-tamer';

class RateLimiter {
  readonly #maxTokens = 3; // allow an initial burst
  #tokens = this.#maxTokens;
  period = 0;

  readonly generateTokens = tamed(async (ms: number) => {
    while (true) {
      await sleep(ms); // a cancel reaches the loop here
      this.period += 1;
      this.#tokens = Math.min(this.#tokens + 1, this.#maxTokens);
    }
  });

  readonly getToken = tamed(async () => {
    while (this.#tokens === 0) {
      await sleep(1);
    }
    this.#tokens -= 1;
  });
}

const fakeRequest = tamed(async (limiter: RateLimiter) => {
  await limiter.getToken();
  console.log(`period ${limiter.period}: Requesting...`);
});

const throttle = new RateLimiter();
{
  await using serviceLayer = new AsyncScope({ exitMode: 'cancel' });
  serviceLayer.start(throttle.generateTokens(100));

  {
    await using batch = new AsyncScope();
    for (let request = 0; request < 6; request += 1) {
      batch.start(fakeRequest(throttle));
    }
  } // waits for all requests to finish
} // cancels the rate limiter

// Output
// ------
//
// period 0: Requesting...
// period 0: Requesting...
// period 0: Requesting...
// period 1: Requesting...
// period 2: Requesting...
// period 3: Requesting...
