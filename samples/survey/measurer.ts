// Who measures the files of a package: this thread, or others. What to watch for: `threads()` makes of a module what looks and
// behaves like its functions here. So who calls them need not know where they run.
import { concatMap, from, type Observable } from 'rxjs';

import { threads } from 'async-tamer/threads';

import { handles, measure, type Measures } from './files.ts';
import type * as Work from './work.ts';

/** Emits the measures of each file, one by one. */
export type Measurer = (paths: readonly string[]) => Observable<Measures>;

/** Measures in this thread, and reads no more than it must. */
export const measurerHere: Measurer = (paths) => from(paths).pipe(concatMap((path) => measure(path)));

/** Measures and hashes in so many threads. They are to be disposed of. */
export function measurerIn(maxThreads: number): Measurer & AsyncDisposable {
  // Beside this file, and what this file is: TypeScript, or what a compiler has made of it.
  const module = import.meta.url.replace(/measurer(\.\w+)$/, 'work$1');
  const work = threads<typeof Work>(module, { maxThreads });
  const measurer: Measurer = (paths) => work.measureAll(paths, handles.cells);
  return Object.assign(measurer, { [Symbol.asyncDispose]: () => work[Symbol.asyncDispose]() });
}
