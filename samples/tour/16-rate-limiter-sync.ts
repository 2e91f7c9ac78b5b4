// A service beside synchronous code: it makes tokens while the program stands where the batch ends.
// Watch the rate, and the end: closing the outer scope cancels a loop that has none.
// Run: node -r async-tamer/register samples/tour/16-rate-limiter-sync.ts
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
  using serviceLayer = new AsyncScope({ exitMode: 'cancel' });
  serviceLayer.start(throttle.generateTokens(100));

  {
    using batch = new AsyncScope();
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
