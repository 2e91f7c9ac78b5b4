// Scopes in scopes
import { AsyncScope, sleep, tamed } from 'async-tamer';

const part = tamed(function* part(name: string, ms: number) {
  try {
    yield* sleep(ms);
    console.log(name, 'done');
  } finally {
    yield* sleep(100);
  }
});

/** Makes a scope of its own, which ends with this call. */
const chapter = tamed(function* chapter(title: string) {
  yield* AsyncScope.run(
    (scope) => {
      scope.start(part(`${title}.1`, 300), { name: `${title}.1` });
      scope.start(part(`${title}.2`, 900), { name: `${title}.2` });
    },
    { name: `chapter ${title}` },
  );
});

const book = new AsyncScope({ name: 'book' });
book.start(chapter('A'));
book.start(chapter('B'));

await sleep(600);
book.cancel(); // reaches everything below
await book.close();
console.log('the book is closed');
// => A.1 done
// => B.1 done
// => the book is closed
