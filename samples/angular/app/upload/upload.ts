// One file, part by part. Watch for: `finally`. However the upload ends early, by a failure, the Cancel button or another page,
// what has arrived is discarded, and the scope waits for that. Such code is a generator: it can be cancelled at each yield*,
// where an async function in a browser can at its first await only.
import { cleanup, tamed } from 'async-tamer';

import { backOff } from '../server/back-off.ts';
import { post, put, remove, shortId } from '../server/request.ts';
import type { Recording } from './recording.ts';

/** In bytes. */
const partSize = 64 * 1024;

export const upload = tamed(function* upload({ file, state, sent, retries }: Recording) {
  // Of our own making, so that it can be discarded whether or not the server has answered.
  const path = `/api/recordings/${shortId()}`;
  const patience = backOff({ tell: () => retries.update((count) => count + 1) });
  let finished = false;
  state.set('running');
  try {
    yield* tamed.from(post(path, { name: file.name, size: file.size }).pipe(patience));
    for (let offset = 0; offset < file.size; offset += partSize) {
      const part = file.slice(offset, offset + partSize);
      yield* tamed.from(put(`${path}?offset=${offset}`, part).pipe(patience));
      sent.set(offset + part.size);
    }
    yield* tamed.from(post(`${path}/finish`).pipe(patience));
    finished = true;
  } finally {
    if (!finished) {
      yield* cleanup(remove(path));
    }
  }
});
