// A shop's last page: a few things at once, each with a life of its own. Watch for: the payment fails, so everything else is
// cancelled, also the call that is still in the queue. The upload takes time to clean up, and the scope waits for that.
import { interval, map } from 'rxjs';
import { AsyncScope, sleep, tamed } from 'async-tamer';

const watchPrices = tamed(function watchPrices() {
  return interval(9).pipe(map((count) => 100 + count)); // A value every 9 ms, for ever.
});

const loadImage = tamed(function* loadImage(ms: number) {
  yield* sleep(ms);
});

const upload = tamed(function* upload() {
  let sent = false;
  try {
    yield* sleep(200);
    sent = true;
  } finally {
    if (!sent) {
      yield* sleep(16); // Takes back what has been sent.
    }
  }
});

const query = tamed(function* query(ms: number) {
  yield* sleep(ms);
});

/** Makes a scope of its own, in which it asks for the address and for the orders. */
const loadProfile = tamed(function* loadProfile() {
  yield* sleep(6);
  yield* AsyncScope.run(
    (scope) => {
      scope.start(query(14));
      scope.start(query(20));
    },
    { name: 'profile' },
  );
});

const pay = tamed(function* pay() {
  yield* sleep(30);
  throw new Error('Card declined');
});

const sendReceipt = tamed(function* sendReceipt() {
  yield* sleep(10);
});

/** Starts all of it, in a scope that lets four run at once. */
export function checkout(scope: AsyncScope): void {
  scope.start(watchPrices());
  scope.start(loadProfile());
  scope.start(upload());
  scope.start(loadImage(22));
  scope.start(pay());
  scope.start(loadImage(34));
  scope.start(sendReceipt());
}
