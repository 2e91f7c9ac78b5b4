// What runs in threads, if there are any. What to watch for: nothing here speaks of threads, and nothing is registered. It is an
// ordinary module, whose function emits measure by measure; the file it reads is closed when the call is cancelled, wherever
// that is said.
import { concatMap, from, type Observable } from 'rxjs';

import { handles, measure, type Measures } from './files.ts';

/** Measures files one after the other, and counts in `cells` those that it opens and closes. */
export function measureAll(
  paths: readonly string[],
  cells: Int32Array<SharedArrayBuffer>,
): Observable<Measures> {
  handles.cells = cells;
  return from(paths).pipe(concatMap((path) => measure(path, true)));
}
