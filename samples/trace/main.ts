// Draws what happens in three scopes: node --import ./spec/support/ts-node.mjs samples/trace/main.ts [folder]
//
// Watch for: virtual time. The program does not wait for the five seconds of the crawl, and the pictures are the same each
// time, to the pixel: a test may compare them. For the real thing leave out runMarbles(), and draw whenever you like.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { AsyncScope, AsyncScopeOptions } from 'async-tamer';
import { runMarbles } from 'async-tamer/testing';
import { trace, type Trace } from 'async-tamer/trace';

import { checkout } from './checkout.ts';
import { crawl } from './crawl.ts';
import { page } from './requests.ts';

/** Records what `body` does in a scope, from its beginning to its end. */
function record(body: (scope: AsyncScope) => void, options: AsyncScopeOptions): Trace {
  const recording = trace();
  runMarbles(({ scope, flush }) => {
    const recorded = scope(options);
    recording.add(recorded);
    body(recorded);
    const closed = recorded.close();
    closed.catch(() => {}); // Failures are what there is to see.
    flush();
  });
  return recording;
}

/** The same for a run, which makes its scope itself. */
function recordRun(run: typeof page): Trace {
  const recording = trace();
  runMarbles(({ flush }) => {
    run((scope) => recording.add(scope)).subscribe({ error: () => {} });
    flush();
  });
  return recording;
}

const folder = process.argv[2] ?? import.meta.dirname;
const recordings = {
  requests: recordRun(page),
  checkout: record(checkout, { name: 'checkout', concurrency: 4 }),
  crawl: record(crawl, { name: 'crawl', concurrency: 12, errorMode: 'continue' }),
};
for (const [name, recording] of Object.entries(recordings)) {
  writeFileSync(join(folder, `${name}.svg`), recording.svg());
}
