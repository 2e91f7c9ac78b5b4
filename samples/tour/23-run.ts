// AsyncScope.run: a scope and its block as one cold call, which can be awaited, retried, or started in another scope.
// Watch the first attempt: when the block throws, the running children are cancelled before the caller hears of the error.
import { retry } from 'rxjs';
import { AsyncScope, sleep, tamed } from 'async-tamer';

const download = tamed(function* (name: string, ms: number) {
  try {
    yield* sleep(ms);
    return `${name} (${ms} ms)`;
  } finally {
    console.log(`${name}: over`);
  }
});

let attempts = 0;
const both = AsyncScope.run(function* (scope) {
  attempts += 1;
  console.log(`attempt ${attempts}`);
  const page = scope.start(download('page', 10));
  const image = scope.start(download('image', 100));
  const first = yield* page;
  if (attempts === 1) {
    throw new Error('The page is broken.');
  }
  return [first, yield* image];
});

both.pipe(retry(1)).subscribe((names) => console.log(names.join(' and ')));

// Output
// ------
//
// attempt 1
// page: over
// image: over
// attempt 2
// page: over
// image: over
// page (10 ms) and image (100 ms)
