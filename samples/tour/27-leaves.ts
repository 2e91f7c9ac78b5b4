// A leaf is a function that waits for something itself. One with two implementations needs no event loop to be blocked on.
// Watch that a coroutine is written once and runs both ways: block() asks each leaf for its "sync", and so works anywhere,
// in a browser too. This program needs no preload.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import { tamed } from 'async-tamer';

const textOf = tamed({
  sync: (file: URL) => readFileSync(file, 'utf8'),
  async: (file: URL) => readFile(file, 'utf8'),
});

const linesOf = tamed(function* (file: URL) {
  const text = yield* textOf(file);
  return text.split('\n').length;
});

const self = new URL(import.meta.url);
const waitedFor = await linesOf(self);
const atOnce = linesOf(self).block(); // after an await, where no event loop can be turned

console.log(atOnce === waitedFor);

// Output
// ------
//
// true
