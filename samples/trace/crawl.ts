// A crawl: hundreds of pages, a dozen at a time, each of which makes a scope for its links. Watch for: no child has a row of its
// own any more. Pages share lanes, the links of all pages share an area, and so do the pages in the queue.
import { timer } from 'rxjs';
import { AsyncScope, sleep, tamed } from 'async-tamer';

let seed = 1;

/** From 0 to 1, and the same each time. */
function random(): number {
  seed = (seed * 16_807) % 2_147_483_647;
  return seed / 2_147_483_647;
}

const checkLink = tamed(function* checkLink() {
  yield* sleep(10 + 60 * random());
});

const fetchPage = tamed(function* fetchPage() {
  yield* sleep(20 + 180 * random());
  if (random() < 0.03) {
    throw new Error('503 Service Unavailable');
  }
  yield* AsyncScope.run(
    (scope) => {
      for (let links = 8 * random(); links > 0; links--) {
        scope.start(checkLink());
      }
    },
    { name: 'links' },
  );
});

const refreshTokens = tamed(function* refreshTokens() {
  while (true) {
    yield* sleep(100);
  }
});

/** Starts all of it, and has enough after five seconds. */
export function crawl(scope: AsyncScope): void {
  scope.start(refreshTokens());
  for (let pages = 400; pages > 0; pages--) {
    scope.start(fetchPage());
  }
  timer(5000).subscribe(() => scope.cancel('that is enough'));
}
