// Three at a time
import { AsyncScope, sleep, tamed } from 'async-tamer';

const download = tamed(function* download(n: number) {
  yield* sleep(200 + 60 * n);
  console.log('file', n);
  return n;
});

const all = AsyncScope.run(
  async (scope) => {
    const files = [1, 2, 3, 4, 5, 6, 7].map((n) => scope.start(download(n), { name: `file ${n}` }));
    return await Promise.all(files);
  },
  { name: 'downloads', concurrency: 3 },
);

console.log((await all).length, 'files');
// => file 1
// => file 2
// => file 3
// => file 4
// => file 5
// => file 6
// => file 7
// => 7 files
