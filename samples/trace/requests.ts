// The run that the README begins with: three requests, of which one fails. Watch for: orders fails, so prices is cancelled, and
// says goodbye to its server before the caller hears of the error.
import { AsyncScope, sleep } from 'async-tamer';

function* load(what = '', ms = 0) {
  try {
    yield* sleep(ms); // the request
    if (what === 'orders') throw new Error('503');
    return what;
  } finally {
    yield* sleep(5); // says goodbye to the server
    console.log('closed', what);
  }
}

/** The page, in a scope that `watch` is told of. */
export function page(watch: (scope: AsyncScope) => void) {
  return AsyncScope.run(
    function* (scope) {
      watch(scope);
      const profile = scope.start(load('profile', 10), { name: 'profile' });
      const orders = scope.start(load('orders', 20), { name: 'orders' });
      const prices = scope.start(load('prices', 1000), { name: 'prices' });
      return [yield* profile, yield* orders, yield* prices];
    },
    { name: 'page' },
  );
}
