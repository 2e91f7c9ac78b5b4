// A batch that fails
import { AsyncScope, sleep } from 'async-tamer';

function* load(what: string, ms: number) {
  try {
    yield* sleep(ms); // the request
    if (what === 'orders') {
      throw new Error('503');
    }
    return what;
  } finally {
    yield* sleep(150); // says goodbye to the server
    console.log('closed', what);
  }
}

const page = AsyncScope.run(
  function* (scope) {
    const profile = scope.start(load('profile', 300), { name: 'profile' });
    const orders = scope.start(load('orders', 700), { name: 'orders' });
    const prices = scope.start(load('prices', 2000), { name: 'prices' });
    return [yield* profile, yield* orders, yield* prices];
  },
  { name: 'page' },
);

try {
  await page; // a run is cold: it begins here
} catch (error) {
  console.log('The page failed:', String(error));
}
// => closed profile
// => closed orders
// => closed prices
// => The page failed: Error: 503
